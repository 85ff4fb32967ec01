// What the peer sees: enrol once, unlock, be on duty, be rung, take one, stay with them, and be thanked.

import { writing } from './bubbles.mjs';
import { copyRequest, enrolling, showRequest } from './enrolment.mjs';
import { drawKnock, drawStrip, drawTalk, leaveTalk, promising } from './hands.mjs';
import { Locked, enrolled, forget, unlock } from './keys.mjs';
import { lasting as here } from './leaving.mjs';
import { Refused, net } from './net.mjs';
import { PeerCare } from './peercare.mjs';
import { drawPlan, planning } from './plan.mjs';
import { inHours, tomorrow } from './rest.mjs';
import { roadsOf } from './roads.mjs';
import { allowSound, calm, hush, knock, ring, ringOnce } from './ring.mjs';
import { unsubscribe } from './wake.mjs';
import { byId, hide, languageName, make, oclock as clock, put, sentence, show, showing } from './view.mjs';

const line = net();
const visible = () => !document.hidden;
const { rest, hoursAMonth } = document.documentElement.dataset;
const moment = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));

let keys = null;
let care = null;
let duty = { on: 0 };
let away = false;
let rung = new Set();
let request = null;
let knocking = null; // whom the line above a talk speaks of

const roads = roadsOf(() => care);

function drawDuty() {
  const { on, until, rest: rests, turn } = duty;
  put('duty-h', on ? sentence('on', { time: clock(until) }) : sentence('off'));
  put('status', sentence(away ? 's-away' : on ? 's-on' : 's-off'));
  byId('status').dataset.on = on && !away ? '1' : '';
  hide('duty-on', !on);
  hide('rests', !rests);
  if (rests) put('rests-until', sentence('rests', { time: moment(rests) }));
  hide('turn-now', !turn);
  hide('stay', !turn);
  if (turn) put('turn-now', sentence('turn', { time: clock(turn) }));
  if (on) for (const id of ['duty-ask', 'duty-was', 'duty-until']) hide(id);
  else if (byId('duty-was').hidden && byId('duty-until').hidden) hide('duty-ask', false);
}

function online(is) {
  away = !is;
  document.querySelectorAll('.away').forEach((el) => void (el.hidden = is));
  if (care) drawDuty();
}

/** A talk is over: thanks, what helps now, and rest. The count stays on this phone. */
async function after(time) {
  show('after');
  hide('after-rest');
  const { given, full } = await care.talked(time);
  if (full) put('after-rest', sentence('full', { hours: inHours(given), time: moment(care.restsUntil) }));
  else if (care.restsUntil) put('after-rest', sentence('rests', { time: moment(care.restsUntil) }));
  hide('after-rest', !care.restsUntil);
}

async function drawRemind() {
  const at = await keys?.recall('remind').catch(() => null);
  hide('remind', !(at && at <= Date.now()));
}

function askDuty() {
  for (const id of ['duty-was', 'duty-until', 'duty-refused']) hide(id);
  hide('duty-ask', false);
}

function thank(key, n) {
  put('thanks', n ? `${n} · ${sentence(key)}` : sentence(key));
  hide('thanks', false);
}

const say = {
  pages(more) {
    if (away) online(true);
    const changed = duty.on !== more.duty.on;
    const begun = more.duty.turn && more.duty.turn !== duty.turn;
    duty = more.duty;
    hide('unknown');
    if (begun && !care.talks.rows.length) {
      ringOnce(); // the test ring of a standing duty, by the page
      if (!duty.on && byId('duty-was').hidden) askDuty();
      if (showing() !== 'ringing') show('duty');
    }
    if (changed || begun) drawPlan(care).catch(() => {});
    if (changed && duty.on) roads.ask();
    if (changed && !duty.on && byId('duty-was').hidden) askDuty(); // who was just at something hard reads on
    drawDuty();
    drawPages(more.pages);
  },
  unknown: () => hide('unknown', false),
  talk(row) {
    calm();
    drawTalk(row);
  },
  talks: () => drawStrip(care.talks),
  letters: () => drawTalk(care.talks.row),
  taken: () => thank('taken'),
  gone: () => thank('gone'),
  over: ended,
  away: () => online(false),
  back: () => online(true),
};

function drawPages(pages) {
  const waiting = pages.filter((p) => !p.answered && !care.talks.of(p.box));
  const news = waiting.some((p) => !rung.has(p.box));
  rung = new Set(waiting.map((p) => p.box));
  byId('pages').replaceChildren(...pages.map(drawPage));
  [knocking] = waiting.sort((a, b) => !!b.all - !!a.all);
  drawKnock(care.talks, waiting, how);
  if (care.talks.rows.length) return knock(waiting.length, news);
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

const how = (page) => [sentence(page.chan), languageName(page.lang), page.all && sentence('all')].filter(Boolean).join(' · ');

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
    if (!care.talks.rows.length) show('duty');
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
  if (met) return after(time);
  thank(key);
  return show('duty');
}

/** A press that needs the server; when it does not get through, that is said. */
async function tried(work) {
  try {
    await work();
  } catch (error) {
    const text = (error instanceof Refused && error.say) || sentence('nosend');
    put('duty-refused', text);
    hide('duty-refused', false);
    if (byId('duty-until').hidden || showing() !== 'duty') put('thanks', text).hidden = false;
  }
}

/** Was at something hard: off duty, passed over, and nobody is told why. */
function passOver() {
  return tried(async () => {
    calm();
    show('duty');
    for (const id of ['duty-ask', 'duty-until', 'duty-on']) hide(id);
    hide('duty-was', false);
    await care.hit();
  });
}

function lock() {
  care?.stop();
  calm();
  leaveTalk();
  for (const id of ['strip', 'knock', 'thanks']) hide(id);
  keys = care = null;
  duty = { on: 0 };
  put('status', '');
  show('locked');
}

const presses = {
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
  was: () => passOver(),
  hit: () => passOver(),
  wasnot: () => tried(async () => {
    hide('duty-ask');
    if (duty.turn) await care.duty(true, duty.turn);
    else hide('duty-until', false);
  }),
  stay: () => tried(() => care.duty(true, duty.turn)),
  rested: () => tried(() => care.rest(0)),
  enough: () => tried(async () => {
    await care.enoughForNow();
    await drawPlan(care);
  }),
  async remind() {
    await keys.keep('remind', tomorrow(Date.now()));
    put('remind-me', sentence('remindme')).disabled = true;
  },
  async reminded() {
    await keys.drop('remind');
    hide('remind');
  },
  'duty-again': askDuty,
  'try-sound': () => (allowSound(), ringOnce()),
  hush,
  lock,
  duty: () => show('duty'),
  off: () => tried(async () => {
    await care.duty(false, Date.now());
    duty = { on: 0 };
    askDuty();
    drawDuty();
    show('duty');
  }),
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
  const hours = event.target.closest('[data-hours]');
  const other = event.target.closest('[data-talk]');
  if (link || hours || other) hide('thanks');
  if (link) {
    event.preventDefault();
    if (event.detail > 1 && link.closest('#knock')) return; // the second tap on one must not answer the next
    presses[link.dataset.go]?.();
  } else if (other) {
    care.talks.look(other.dataset.talk);
  } else if (hours) {
    allowSound();
    tried(() => care.duty(true, Date.now() + hours.dataset.hours * 3_600_000));
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
  askDuty();
  drawDuty();
  show('duty');
  drawRemind();
  drawPlan(care).catch(() => {});
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
  drawStrip(care.talks); // how long ago
}, 30_000);
planning(() => care);
byId('until-form').addEventListener('submit', (event) => {
  event.preventDefault();
  allowSound();
  const [hour, minute] = byId('until-time').value.split(':');
  const end = new Date();
  end.setHours(hour, minute, 0, 0);
  if (end <= Date.now()) end.setDate(end.getDate() + 1);
  tried(() => care.duty(true, end));
});
document.addEventListener('visibilitychange', () => visible() && care?.nudge());
addEventListener('online', () => care?.nudge());
addEventListener('offline', () => online(false));
show((await enrolled()) ? 'locked' : 'enrol');
