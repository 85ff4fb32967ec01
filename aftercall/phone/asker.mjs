// What the asker sees: each phase of the ask is one screen, and on every one of them stands a number.

import { drawLetters, writing } from './bubbles.mjs';
import { Care } from './care.mjs';
import { choosing, everyone, offer } from './choose.mjs';
import { fetchDirectory, tidyCode } from './directory.mjs';
import { isShared, lasting, passing } from './leaving.mjs';
import { backoff, net } from './net.mjs';
import { byPage } from './together.mjs';
import { andList, byId, clock, hide, oclock, put, sentence, show, showing } from './view.mjs';

const line = net();
const rootPrint = document.documentElement.dataset.root;
const code = () => tidyCode(lasting.get('ac1.code'));
const visible = () => !document.hidden;

const FRESH_MS = 60_000;
let directory = null;
let fetched = 0;
let phase = '';

/** The directory of this moment: fetched anew unless that was done within the minute. */
async function list() {
  if (directory && Date.now() - fetched < FRESH_MS) return directory;
  directory = await fetchDirectory({ net: line, code: code(), keep: lasting, rootPrint });
  fetched = Date.now();
  return directory;
}

const card = (pid) => directory?.peers.find((p) => p.pid === pid)?.card ?? { name: '' };
const named = (pid) => {
  const { name, profession } = card(pid);
  return profession ? sentence('who', { name, profession }) : name;
};

let care = new Care(tools(passing.get('ac1.box') ? passing : lasting));

function tools(keep) {
  return { net: line, keep, undone: lasting, code, directory: list, tell, visible };
}

const screenOf = { unsent: 'unsent', later: 'stands', waiting: 'wait', taken: 'letters', ended: 'ended', off: 'off', lost: 'lost' };

const write = {
  unsent({ why, tries, trying }) {
    put('unsent-why', sentence(why === 'net' && tries > 1 ? 'nettries' : why));
    byId('unsent').querySelector('[data-go=resend]').hidden = trying && tries < 2;
  },
  later: ({ at }) => put('stands-when', sentence('stands', { time: clock(at) })),
  waiting({ rung, wave, lapsed, nobody, allied }) {
    const names = rung.map((pid) => card(pid).name).filter(Boolean);
    const others = names.length ? rung.every((pid) => card(pid).allied) : allied;
    const key = nobody ? 'nobody' : others ? (names.length ? 'allies' : 'allied') : !names.length ? 'starting' : { 2: 'wave2', 3: 'wave3' }[wave] ?? 'ringing';
    document.body.dataset.nobody = nobody ? '1' : '';
    const { join } = care.row ?? {};
    const door = join && rung.every((pid) => pid === join.pid) && !nobody;
    hide('wait-several', !join || door);
    if (door) return void put('wait-who', sentence('door', { name: card(join.pid).name }));
    put('wait-who', sentence(key, { names: names.length ? andList(names) : '', programme: others ? card(rung[0]).allied ?? '' : '' }));
    byId('wait-lapsed').hidden = !lapsed;
    byId('wait-wished').hidden = care.row?.wished !== false;
  },
  taken({ pid, words }) {
    const { name } = card(pid);
    put('letters-h', named(pid));
    put('six', words.replaceAll('-', ' '));
    byId('leave-own').hidden = isShared();
    byId('leave-shared').hidden = !isShared();
    drawTalk();
  },
  talk: drawTalk,
  letters: drawTalk,
  bad: () => void (byId('bad').hidden = false),
  away: () => away(true),
  back: () => away(false),
  ended: clear,
  off: clear,
  lost: clear,
};

let late;

/** Letters, and how it stands with whoever writes them: also when they are not here by when they said. */
function drawTalk() {
  clearTimeout(late);
  const { row } = care;
  if (!row?.taker) return;
  const { name } = card(row.taker);
  const several = Boolean(row.group);
  hide('aside', !several);
  put('end-talk', sentence(several ? 'leave' : 'end'));
  if (several) return drawTogether(row, name);
  const left = row.until ? row.until - Date.now() : 0;
  const how = row.until ? 'soon' : row.met ? 'here' : row.page.chan === 'call' ? 'calls' : 'has';
  put('letters-how', sentence(how, { name, time: row.until && oclock(row.until) }));
  byId('late').hidden = !row.until || left > 0;
  put('late-who', sentence('late', { name }));
  drawLetters(row.letters.map((letter) => (letter.at ? { ...letter, text: sentence('promise', { time: oclock(letter.at) }) } : letter)), name);
  if (left > 0) late = setTimeout(drawTalk, left + 500);
}

const UNHEARD_MS = 150_000; // its page says each minute that it is there

/** A talk for several: whose words are whose, who is here, and whether the phone it goes through has been heard of. */
function drawTogether({ group: { who, out, at }, letters, aside }, name) {
  const quiet = at + UNHEARD_MS - Date.now();
  put('letters-h', sentence('several', { name }));
  put('letters-how', [sentence('there', { names: andList(who) }), out.length ? sentence('out-now', { names: andList(out) }) : ''].join(' '));
  put('aside-go', sentence(aside ? 'back' : 'aside'));
  hide('late', quiet > 0);
  put('late-who', sentence('unheard', { name }));
  drawLetters(letters.filter((letter) => !letter.skip && !(letter.me && byPage(letter.text))), name);
  if (quiet > 0) late = setTimeout(drawTalk, quiet + 500);
}

function tell(word, more = {}) {
  const before = phase;
  if (screenOf[word]) {
    phase = word;
    away(false);
  }
  if (word === 'unsent' && more.why === 'code') return codeNeeded(true);
  write[word]?.(more);
  // Somebody who went to breathe, or to look at the numbers, is called back only by news.
  if (screenOf[word] && (before !== word || !['home', 'minute', 'now'].includes(showing()))) show(screenOf[word]);
  return undefined;
}

function away(is) {
  for (const el of document.querySelectorAll('.away')) el.hidden = !is;
}

/** Nothing of the talk stays on the screen. */
function clear() {
  drawLetters([], '');
  byId('text').value = '';
  for (const id of ['letters-h', 'letters-how', 'six', 'wait-who', 'stands-when']) put(id, '');
  for (const id of ['bad', 'late', 'aside', 'wait-several']) hide(id);
  document.body.dataset.nobody = '';
}

function codeNeeded(wrong) {
  byId('code-wrong').hidden = !wrong;
  show('code');
}

let next; // the timer of the next look at the list

/** Opens the form; whatever stands in the way, the numbers are on that screen too. */
async function openTalk() {
  if (care.open) return back();
  if (!code()) return codeNeeded(false);
  show('talk');
  if (directory) return offer(directory, phone());
  byId('talk-load').hidden = false;
  byId('talk-off').hidden = true;
  return look(1);
}

/** A list that could not be reached is looked for again, while somebody waits before this screen. */
async function look(tries) {
  clearTimeout(next);
  try {
    await list();
    if (!directory.peers.length) throw new Error('none');
    offer(directory, phone());
  } catch (error) {
    directory = null;
    if (error.word === 'code') return codeNeeded(true);
    byId('talk-load').hidden = true;
    byId('talk-off').hidden = false;
    if (error.word === 'net' && tries < 8) next = setTimeout(() => showing() === 'talk' && look(tries + 1), backoff(tries));
  }
  return undefined;
}

const phone = () => passing.get('ac1.phone') ?? lasting.get('ac1.phone');

const back = () => show(screenOf[phase] ?? 'home');

/** The form of a talk with several. */
async function openJoin() {
  if (!directory) return openTalk();
  const { offerJoin } = await import('./joining.mjs');
  return offerJoin(directory, phone(), asking);
}

async function asking(choice, whose) {
  (whose === 'shared' ? passing : lasting).set('ac1.phone', whose);
  if (whose === 'own') passing.del('ac1.phone');
  care = new Care(tools(whose === 'shared' ? passing : lasting));
  await care.ask(choice, directory);
}

/** Where a press leads, beyond what the start knows by itself. */
export function go(where) {
  const there = {
    talk() {
      everyone(false);
      return openTalk();
    },
    again: openTalk,
    back,
    join: openJoin,
    aside: () => Promise.resolve(care.aside(!care.row.aside)).then(drawTalk),
    everyone: () => openTalk().then(() => everyone()),
    resend: () => (phase === 'unsent' && care.open ? care.resume(true) : undefined),
    another() {
      phase = '';
      care.close();
      clear();
      return openTalk();
    },
    close() {
      const talked = phase === 'taken';
      phase = '';
      care.close();
      clear();
      show(talked ? 'ended' : 'home');
    },
  };
  return there[where]?.();
}

/** A code was put behind the '#' while the page was open. */
export function codeGiven() {
  if (showing() === 'code') openTalk();
}

/** Whether an ask or a talk is open. */
export const busy = () => Boolean(care.open);

/** On a shared phone: close on the way out. */
export function leave() {
  care.close();
}

export function begin() {
  choosing(asking);
  writing((text) => care.write(text));
  byId('code-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = tidyCode(byId('code-in').value);
    if (!typed) return codeNeeded(true);
    lasting.set('ac1.code', typed);
    directory = null; // the next look uses the new code
    if (care.open && phase === 'unsent') return care.resume(true);
    return openTalk();
  });
  document.addEventListener('visibilitychange', () => visible() && care.nudge());
  addEventListener('online', () => care.nudge());
  document.addEventListener('shown', ({ detail }) => {
    byId('goes-on').hidden = !(care.open && ['home', 'minute', 'now'].includes(detail));
  });
  care.undo();
  if (care.open) resumeKept();
  else if (showing() === 'talk') openTalk();
}

async function resumeKept() {
  await list().catch(() => null); // names; the ask itself fetches again when it has to
  care.resume();
}
