// The page of the night: asks the stage once a second how everything stands, draws it, and passes on what the visitor presses.

import { byId, clock, make, setZone, weekday } from './make.mjs';
import { drawMessage } from './message.mjs';
import { Phone } from './phones.mjs';
import { Missing } from './reach.mjs';
import { halfOf } from './rows.mjs';
import { STEPS, facts, place } from './story.mjs';
import { Tour } from './tour.mjs';

const EVERY_MS = 800;
const halves = { inside: halfOf('inside', byId('inside')), outside: halfOf('outside', byId('outside')) };
const phones = new Map();
const next = { 22: byId('tell') };
let story = '';
let memory = {};
let said = '';
let wake = () => {};

byId('steps').append(...STEPS.map((step) => make('li', {}, step)));

/** These share a place: whoever is unfolded folds the others. */
const TURNS = ['juma', 'peter', 'unit'];
function swap(key) {
  phones.get(key).folded = false;
  if (TURNS.includes(key)) for (const other of TURNS) if (other !== key) phones.get(other).folded = true;
}

function begin(board) {
  story = board.story;
  memory = { auto: true };
  for (const half of Object.values(halves)) half.reset();
  for (const is of board.phones) {
    if (!phones.has(is.key)) {
      phones.set(is.key, new Phone(is, () => swap(is.key)));
      byId('phones').append(phones.get(is.key).el);
    }
    phones.get(is.key).begin(is, story);
  }
  swap('juma');
}

function draw(board) {
  setZone(board.zone);
  for (const button of document.querySelectorAll('.presses button')) button.disabled = board.state !== 'ready';
  if (board.state === 'ready') {
    if (board.story !== story) begin(board);
    const now = new Date(board.now);
    const is = facts(board, memory);
    byId('now').textContent = clock(now);
    byId('day').textContent = weekday(now);
    for (const phone of board.phones) phones.get(phone.key).draw(phone, now, now - Date.now(), is.rings.has(phone.key));
    if (is.rings.has('peter') && !is.rings.has('grace') && memory.auto && !tour.on) {
      memory.auto = false; // once; after that the visitor decides which phone is in sight
      swap('peter');
    }
    drawMessage(board.told);
    for (const [name, half] of Object.entries(halves)) half.draw(board[name]);
    byId('tell').disabled = !!board.told || is.onDuty < 9;
    guide(...place(board, is, phones.get('amina').page), is);
    tour.saw({ board, is });
  } else {
    guide(0, board.say, null);
    tour.saw(null);
  }
}

function guide(step, sentence, is) {
  [...byId('steps').children].forEach((li, i) => {
    li.classList.toggle('done', i < step);
    if (i === step) li.setAttribute('aria-current', 'step');
    else li.removeAttribute('aria-current');
  });
  next[22].classList.toggle('next', !next[22].disabled);
  document.querySelector('[data-by="300"]').classList.toggle('next', step === 4 && !!is?.rung.length && !is.rings.size);
  if (is && !tour.on) bring(step, is);
  if (sentence === said) return;
  said = sentence;
  byId('say').replaceChildren(...sentence.split('**').map((part, i) => (i % 2 ? make('b', {}, part) : part)));
}

/** Where not all phones fit, the one that matters next comes into sight, once. */
function bring(step, is) {
  const key = { 2: 'amina', 4: [...is.rings][0], 5: is.taker.toLowerCase() }[step];
  if (!key || memory.brought === key + step) return;
  memory.brought = key + step;
  toPhone(key);
}

function toPhone(key) {
  const strip = byId('phones');
  const phone = phones.get(key).el;
  if (strip.scrollWidth > strip.clientWidth) strip.scrollTo({ left: phone.offsetLeft - (strip.clientWidth - phone.clientWidth) / 2, behavior: 'smooth' });
}

async function ask(path, body) {
  const answer = await fetch(path, body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Missing((await answer.json().catch(() => ({}))).say ?? `${path}: ${answer.status}`);
  return answer.json();
}

const tour = new Tour({
  phones,
  ask: (path, body) => ask(path, body).finally(() => wake()),
  show(key, page = false) {
    swap(key);
    if (page) phones.get(key).unlock();
    toPhone(key);
  },
  turned: () => (byId('say').hidden = tour.on),
});

/** What else the phone can do, opened on Amina's: the very pages, in her window. */
for (const link of document.querySelectorAll('#more [data-page]')) {
  link.addEventListener('click', () => {
    phones.get('amina').visit(link.dataset.page);
    phones.get('amina').take();
    toPhone('amina');
  });
}

async function run() {
  for (;;) {
    try {
      draw(await ask('/stage/now'));
    } catch (error) {
      console.error(error);
      guide(0, 'The stage does not answer. Is it still running?', null);
    }
    await new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, EVERY_MS);
    });
  }
}

const pressed = (path, body) => async (event) => {
  event.target.disabled = true;
  try {
    await ask(path, body);
  } catch (error) {
    console.error(error);
  }
  wake();
};
byId('tell').addEventListener('click', pressed('/stage/tell', {}));
byId('morning').addEventListener('click', pressed('/stage/morning', {}));
byId('over').addEventListener('click', pressed('/stage/over', {}));
for (const button of document.querySelectorAll('[data-by]')) button.addEventListener('click', pressed('/stage/clock', { by: Number(button.dataset.by) }));
run();
