// The form of an ask: whose phone, how, when, in what language, who first, who not. It all stays on this phone until "Ask now".

import { byId, clock, languageName, make, sentence } from './view.mjs';

const form = byId('ask');
const field = (name) => form.elements[name];

/** A number as tel: and WhatsApp want it. */
const digits = (tel) => tel.replace(/[^\d+]/g, '');

function ways({ tel, signal, whatsapp }) {
  const link = (href, text) => make('a', { href, rel: 'noreferrer', class: 'way-out' }, text);
  const out = [];
  if (tel) out.push(link(`tel:${digits(tel)}`, sentence('call')));
  if (signal) out.push(link(/^https:\/\/signal\.me\//.test(signal) ? signal : `https://signal.me/#p/${digits(signal)}`, 'Signal'));
  if (whatsapp) out.push(link(`https://wa.me/${digits(whatsapp).replace('+', '')}`, 'WhatsApp'));
  return out;
}

function row({ pid, card }) {
  const about = [card.profession, card.unit, (card.languages ?? []).map(languageName).join(', ')].filter(Boolean).join(' · ');
  const pick = (type, name, text) => make('label', { class: 'mini' }, make('input', { type, name, value: pid }), text);
  return make('li', {},
    make('b', {}, card.name), make('span', {}, about), make('div', { class: 'outs' }, ...ways(card)),
    make('div', { class: 'minis' }, card.professional ? sentence('professional') : pick('radio', 'wish', sentence('first', { name: card.name })), pick('checkbox', 'out', sentence('out'))));
}

const HOUR_MS = 3_600_000;
const SOON_MS = 900_000; // an hour that is nearly here is now

/** The hours that can be asked for: tonight after 8, tomorrow at 9 or at 8 in the evening, here; on whole hours of UTC, never before. */
function hours(now) {
  const at = (days, hour) => Math.ceil(new Date(new Date(now).setHours(hour + 24 * days, 0, 0, 0)).getTime() / HOUR_MS) * HOUR_MS;
  return { tonight: at(0, 20), morning: at(1, 9), evening: at(1, 20) };
}

let gaps = [];
let serverTime = () => Date.now();

/** Whether nobody may be there at that hour, as far as the list knows. */
const missing = (at) => gaps.some(([from, to]) => from <= at && at < to);

const later = () => hours(serverTime())[form.querySelector('[name=when]:checked').value] ?? 0;

/** Only hours that are still to come can be picked; each says its time. */
function offerHours() {
  for (const [name, at] of Object.entries(hours(serverTime()))) {
    const pick = form.querySelector(`[name=when][value=${name}]`).closest('label');
    pick.hidden = at - serverTime() < SOON_MS;
    pick.querySelector('span').textContent = clock(at);
  }
}

/** Fills the list of peers and shows the form. A wish and a "leave out" for the same one undo each other. */
export function offer(directory, phone) {
  byId('peers').replaceChildren(...directory.peers.map(row));
  for (const option of field('lang').options) option.textContent = languageName(option.value);
  if (phone) for (const radio of form.querySelectorAll('[name=phone]')) radio.checked = radio.value === phone;
  byId('whose').open = !phone;
  gaps = directory.gaps;
  serverTime = () => Math.max(Date.now(), Date.parse(directory.issued)); // a phone whose clock is behind
  offerHours();
  byId('talk-load').hidden = true;
  byId('talk-off').hidden = true;
  form.hidden = false;
}

function changed(event) {
  const { name, value, checked } = event.target;
  const twin = { wish: 'out', out: 'wish' }[name];
  if (twin && checked) for (const other of form.querySelectorAll(`[name=${twin}]`)) if (other.value === value) other.checked = false;
  byId('gap').hidden = !missing(later());
  if (name === 'all' && checked) form.querySelector('[name=when][value=now]').checked = true; // who would rather not wait, waits for no hour
  if (name === 'when' && later()) field('all').checked = false;
  byId('contact').hidden = !(chan() === 'call' || field('reach').checked);
  field('tel').required = chan() === 'call';
}

const chan = () => form.querySelector('[name=chan]:checked').value;

/** Calls `ask(choice, phone)` on the button. What was typed is gone from the form afterwards. */
export function choosing(ask) {
  form.addEventListener('change', changed);
  // A second press on a chosen wish takes it back, which radio buttons do not offer by themselves.
  form.addEventListener('click', (event) => {
    const input = event.target;
    if (input.name !== 'wish') return;
    if (input.dataset.was) input.checked = false;
    for (const other of form.querySelectorAll('[name=wish]')) delete other.dataset.was;
    if (input.checked) input.dataset.was = '1';
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const given = chan() === 'call' || field('reach').checked;
    const contact = given ? { name: field('name').value, tel: field('tel').value, place: field('place').value, near: field('near').value } : {};
    const all = field('all').checked;
    const out = [...form.querySelectorAll('[name=out]:checked')].map((i) => i.value);
    const wish = form.querySelector('[name=wish]:checked')?.value ?? '';
    const phone = form.querySelector('[name=phone]:checked').value;
    ask({ lang: field('lang').value, chan: chan(), all, wish, out, contact, later: later() }, phone);
    form.reset();
    form.classList.remove('soon');
    changed({ target: {} });
  });
}

/** "Ring everyone", from the Now screen: the form is short, and asks what may be known. `is` false: somebody went back, and comes to it by the ordinary way. */
export function everyone(is = true) {
  if (!is && !form.classList.contains('soon')) return;
  form.classList.toggle('soon', is);
  for (const name of ['all', 'reach']) field(name).checked = is;
  if (is) form.querySelector('[name=when][value=now]').checked = true;
  changed({ target: {} });
}
