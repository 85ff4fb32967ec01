// What the peer sees: enrol once, unlock, be rung, take one and stay with them. Duty, and what is in hand, have rooms of their own.

import { writing } from './bubbles.mjs';
import { copyRequest, enrolling, showRequest } from './enrolment.mjs';
import { drawKnock, drawStrip, drawTalk, leaveTalk, promising } from './hands.mjs';
import { Locked, enrolled, forget, unlock } from './keys.mjs';
import { lasting as here } from './leaving.mjs';
import { net } from './net.mjs';
import { PeerCare } from './peercare.mjs';
import { thank, tried } from './pressed.mjs';
import { roadsOf } from './roads.mjs';
import { allowSound, calm, hush, knock, ring, ringOnce } from './ring.mjs';
import { shiftOf } from './shift.mjs';
import { unsubscribe } from './wake.mjs';
import { byId, hide, languageName, make, sentence, show, showing } from './view.mjs';

const line = net();
const visible = () => !document.hidden;
const { rest, hoursAMonth } = document.documentElement.dataset;

let keys = null;
let care = null;
let rung = new Set();
let request = null;
let group = null; // a talk for several, once one was wanted
let knocking = null; // whom the line above a talk speaks of

const roads = roadsOf(() => care);
const shift = shiftOf(() => care);

const say = {
  pages(more) {
    hide('unknown');
    if (shift.heard(more.duty, busy())) roads.ask();
    drawPages(more.pages);
  },
  unknown: () => hide('unknown', false),
  talk(row) {
    hush();
    drawTalk(row);
  },
  talks: () => drawStrip(care.talks),
  letters: () => drawTalk(care.talks.row),
  taken: () => thank('taken'),
  gone: () => thank('gone'),
  over: ended,
  away: () => shift.online(false),
  back: () => shift.online(true),
};

const busy = () => care.talks.rows.length > 0 || Boolean(group?.on);

function drawPages(pages) {
  const waiting = pages.filter((p) => !p.answered && !care.talks.of(p.box));
  const news = waiting.some((p) => !rung.has(p.box));
  rung = new Set(waiting.map((p) => p.box));
  byId('pages').replaceChildren(...pages.map(drawPage));
  const first = (page) => 2 * !!page.all + care.talks.may(page);
  [knocking] = waiting.sort((a, b) => first(b) - first(a));
  drawKnock(busy(), care.talks, waiting, how);
  if (busy()) return knock(waiting.length, news);
  if (waiting.length) {
    if (news || showing() !== 'ringing') ring(waiting.length);
    if (showing() !== 'ringing') show('ringing');
  } else {
    calm();
    if (pages.length) thank('answered'); // rung by another road for one that is not ours to take
    if (showing() === 'ringing') show('duty');
  }
  return undefined;
}

const how = (page) => [sentence(page.chan), languageName(page.lang), page.all && sentence('all'), page.join && sentence('wanted')].filter(Boolean).join(' · ');

function drawPage(page) {
  if (page.answered) return make('li', { class: 'note' }, sentence('answered'));
  const press = (key, name, kind) => {
    const button = make('button', { type: 'button', class: kind }, sentence(key));
    button.addEventListener('click', () => answer(name, page));
    return button;
  };
  return make('li', {}, make('b', { translate: 'no' }, page.handle), make('span', {}, how(page)), press('take', 'take', 'go main'), press('notme', 'pass', 'quiet'));
}

async function answer(what, page) {
  hush();
  hide('thanks');
  try {
    const mine = await care[what](page);
    if (what === 'pass' || !mine) care.nudge();
    care.opened.delete(page.box);
    drawPages([...care.opened.values()]);
  } catch {
    thank('nosend');
    if (!busy()) show('duty');
  }
}

/** One talk is over. While others go on it is said, and which of them is next is the peer's to say; care for the peer comes after the last. */
function ended({ n, shown, left, met, time }, key = 'gone') {
  if (left) {
    if (shown) leaveTalk(`${n} · ${sentence(key)}`);
    else thank(key, n);
    return drawStrip(care.talks);
  }
  leaveTalk();
  drawStrip(care.talks);
  if (group?.on) return show('several');
  if (met) return shift.after(time);
  thank(key);
  return show('duty');
}

function lock() {
  care?.stop();
  group?.lock();
  calm();
  leaveTalk();
  for (const id of ['strip', 'knock', 'thanks', 'to-several']) hide(id);
  keys = care = group = null;
  shift.lock();
  show('locked');
}

/** The part of the page that a talk for several needs is fetched when one is wanted, or was open before. */
async function gather() {
  const { gathering } = await import('./gathering.mjs');
  group ??= await gathering({ net: line, care, over: shift.after });
  return group;
}

const several = (name) => tried(async () => (await gather()).presses[name]());

const presses = {
  ...shift.presses,
  ...Object.fromEntries(['several', 'sv-begin', 'sv-shut', 'sv-end'].map((name) => [name, () => several(name)])),
  leave() {
    care?.stop();
    location.replace(document.querySelector('.leave').href);
  },
  copy: copyRequest,
  locked: () => show('locked'),
  request: () => (request ?? keys?.request ? showRequest(request ?? keys.request) : show('locked')),
  async forget() {
    await unsubscribe().catch(() => {});
    await forget();
    here.del('ac1.peer');
    location.reload();
  },
  'try-sound': () => (allowSound(), ringOnce()),
  hush,
  lock,
  'knock-take': () => answer('take', knocking),
  'knock-pass': () => answer('pass', knocking),
  spoken: () => tried(() => care.spoken()),
  giveback: () => tried(async () => {
    const end = await care.pass(care.talks.row);
    if (end) await ended(end);
  }),
  close: () => tried(async () => {
    const end = await care.close();
    if (end) await ended(end, 'ended');
  }),
};

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-go]');
  const other = event.target.closest('[data-talk]');
  if (event.target.closest('button')) hide('thanks');
  if (link) {
    event.preventDefault();
    if (event.detail > 1 && link.closest('#knock')) return; // the second tap on one must not answer the next
    presses[link.dataset.go]?.();
  } else if (other) {
    care.talks.look(other.dataset.talk);
  }
});

byId('unlock-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  allowSound();
  const phrase = byId('u-phrase').value;
  byId('u-phrase').value = '';
  hide('u-wrong');
  hide('u-busy', false);
  try {
    keys = await unlock(phrase);
  } catch (error) {
    if (!(error instanceof Locked)) throw error;
    return hide('u-wrong', false);
  } finally {
    hide('u-busy');
  }
  request = keys.request;
  here.set('ac1.peer', 1);
  const caps = { rest: Number(rest), hours: Number(hoursAMonth) };
  care = new PeerCare({ net: line, keys, tell: (word, more) => say[word]?.(more), visible, caps });
  shift.open();
  if (await keys.recall('several').catch(() => null)) await several('several');
  await roads.open();
  return care.run();
});

enrolling((made) => {
  here.set('ac1.peer', 1);
  showRequest((request = made));
});
writing((text) => care.talks.write(text));
promising((text, until) => care.talks.send(text, until));
byId('text').addEventListener('input', ({ target }) => care?.talks.draft(target.value));
setInterval(() => {
  if (!care) return;
  if (care.talks.due()) ringOnce();
  group?.beat();
  drawStrip(care.talks); // how long ago
}, 30_000);
document.addEventListener('visibilitychange', () => visible() && care?.nudge());
addEventListener('online', () => care?.nudge());
addEventListener('offline', () => shift.online(false));
show((await enrolled()) ? 'locked' : 'enrol');
