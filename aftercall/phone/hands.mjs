// What a peer has in hand: a strip of the talks, the one that is shown, and a line above it when somebody else waits.

import { drawLetters } from './bubbles.mjs';
import { promised } from './promise.mjs';
import { MOST } from './talks.mjs';
import { byId, hide, languageName, make, oclock, put, sentence, show } from './view.mjs';

let drawn; // the box whose draft stands in the field

/** The talk that is shown; another one brings its own draft. */
export function drawTalk({ box, n, handle, lang, chan, basic, contact, six, until, met, comes, bad, draft, letters }) {
  put('letters-h', `${n} · ${handle} · ${languageName(lang)}`).translate = false;
  if (drawn !== box) {
    drawLetters([], '');
    byId('text').value = draft ?? '';
    drawn = box;
    toHead();
  }
  put('lease', comes ? sentence('promise', { time: oclock(comes) }) : met ? sentence('met') : sentence('lease', { time: oclock(until) }));
  hide('spoken', met);
  hide('cant', met);
  const { name, tel, place, near } = contact ?? {};
  hide('reach', !(name || tel || place || near));
  put('reach-who', place ? sentence('withplace', { name: name || sentence('noname'), place }) : name || sentence('noname'));
  callable('reach-call', 'callthem', tel);
  callable('reach-near', 'callnear', near);
  byId('spoken').firstElementChild.className = chan === 'call' ? 'go' : 'quiet';
  hide('basic', !basic);
  hide('write', !!basic);
  hide('when', !!basic);
  hide('same', !!basic);
  hide('bad', !bad);
  put('six', six.replaceAll('-', ' '));
  drawLetters(letters, sentence('them'));
  hide('one', false);
  hide('others');
  show('letters');
}

/** A line with a number in it can be tapped; one without stands there to be read. */
function callable(id, key, tel = '') {
  const [number] = tel.match(/\+?\d[\d ()./-]{2,}/) ?? [];
  const link = put(id, sentence(key, { tel }));
  if (number) link.href = `tel:${number.replace(/[^\d+]/g, '')}`;
  else link.removeAttribute('href');
  hide(id, !tel);
}

/** Nothing of it stays on the screen; `why` stands there in its place, until another is chosen. */
export function leaveTalk(why = '') {
  drawn = undefined;
  drawLetters([], '');
  byId('text').value = '';
  for (const id of ['reach-who', 'reach-call', 'reach-near', 'six']) put(id, '');
  for (const id of ['reach-call', 'reach-near']) byId(id).removeAttribute('href');
  put('letters-h', why);
  hide('one');
  hide('others', !why);
  if (why) toHead();
}

function toHead() {
  globalThis.scrollTo(0, 0);
  byId('letters-h').focus({ preventScroll: true });
}

/** Which talks there are, by number: who has written, how long ago, and until when somebody must be written to. */
export function drawStrip({ rows, shown }) {
  const strip = byId('strip');
  hide('strip', rows.length < (shown ? 2 : 1));
  while (strip.children.length > rows.length) strip.lastChild.remove();
  rows.forEach(({ box, n, unread, last, met, comes, until }, i) => {
    const button = strip.children[i] ?? strip.appendChild(make('button', { type: 'button' }, make('b'), make('i'), make('small')));
    const [number, news, when] = button.children;
    number.textContent = n;
    news.textContent = unread || '';
    when.textContent = comes || !met ? `→ ${oclock(comes || until)}` : ago(last);
    button.dataset.late = comes && comes < Date.now() ? 1 : '';
    button.dataset.talk = box;
    button.ariaCurrent = String(box === shown);
    const stands = comes ? sentence('promise', { time: oclock(comes) }) : met ? ago(last) : sentence('lease', { time: oclock(until) });
    button.ariaLabel = [sentence('talk', { n }), unread && sentence('unread', { n: unread }), stands].filter(Boolean).join('. ');
  });
}

const so = (n, unit) => new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit }).format(n);

function ago(at) {
  if (!at) return '';
  const minutes = Math.floor((Date.now() - at) / 60_000);
  return minutes < 60 ? so(minutes, 'minute') : so(Math.floor(minutes / 60), 'hour');
}

/** The two buttons that say when. `promise(text, until)` takes the letter. */
export function promising(promise) {
  for (const button of document.querySelectorAll('[data-promise]')) {
    const minutes = Number(button.dataset.promise);
    button.textContent = so(minutes, 'minute');
    button.addEventListener('click', ({ detail }) => {
      const until = Date.now() + minutes * 60_000;
      if (detail < 2) promise(promised(sentence('promise', { time: oclock(until) }), minutes), until); // a second tap is no second letter
    });
  }
}

/** Somebody waits while a talk goes on: a line that covers nothing. With full hands few can be taken (`Talks.may`), the others are told of. */
export function drawKnock(busy, talks, waiting, how) {
  const n = talks.rows.length;
  const none = !(busy && waiting.length);
  const no = none || !talks.may(waiting[0]);
  hide('knock', none);
  put('when-say', sentence(no ? 'when' : 'when-next'));
  if (none) return;
  const many = waiting.length > 1 ? sentence('knock-many', { n: waiting.length }) : sentence('knock');
  put('knock-who', no ? sentence('full-hands', { n }) : many);
  put('knock-how', no ? '' : how(waiting[0]));
  for (const id of ['knock-hard', 'knock-take']) hide(id, no);
  hide('knock-turn', no || n < MOST || waiting[0].all);
  put('knock-turn', sentence('in-turn', { n }));
}
