// Five minutes, kept by the clock; and a note about things, which leaves this phone by mouth or by copy alone.

import { about, linesOf } from './about.mjs';
import { begin } from './leaf.mjs';
import { byId, make, sentence } from './view.mjs';

const steps = [...document.querySelectorAll('#steps li')];
const starts = steps.map((li) => li.dataset.at.split(':').reduce((min, sec) => Number(min) * 60_000 + Number(sec) * 1000));
let began = 0;
let timer;

const clock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

function draw() {
  const gone = Date.now() - began;
  const at = starts.findLastIndex((start) => start <= gone);
  steps.forEach((li, i) => li.toggleAttribute('hidden', i !== at));
  byId('clock').textContent = sentence('left', { clock: clock(Math.min(gone, starts.at(-1))) });
  if (at === steps.length - 1) end();
}

function start() {
  began = Date.now();
  document.body.dataset.five = 'on';
  byId('before').hidden = true;
  byId('running').hidden = byId('clock').hidden = false;
  byId('steps').setAttribute('aria-live', 'polite');
  clearInterval(timer);
  timer = setInterval(draw, 500);
  scrollTo(0, 0);
  draw();
}

/** On to the next step; the clock goes with it, so that the rest has its full time. */
function next() {
  const gone = Date.now() - began;
  began -= starts.find((at) => at > gone) - gone;
  draw();
}

function end() {
  clearInterval(timer);
  document.body.dataset.five = 'done';
  byId('running').hidden = true;
}

function stop() {
  end();
  byId('steps').removeAttribute('aria-live');
  for (const li of steps) li.removeAttribute('hidden');
  byId('before').hidden = false;
  byId('clock').hidden = true;
}

const form = byId('after');
let allowed = ''; // the text whose names are names of things, as somebody said

function check() {
  const text = form.elements.things.value;
  const found = linesOf(text).flatMap(about).filter(({ why }) => why !== 'name' || text !== allowed);
  byId('flagged').hidden = !found.length;
  byId('flagged').querySelector('ul').replaceChildren(...found.map(({ word, why }) => make('li', {}, make('b', {}, word), `: ${sentence(`why-${why}`)}`)));
  byId('only-names').hidden = found.some(({ why }) => why !== 'name');
  return !found.length;
}

function write() {
  const things = linesOf(form.elements.things.value);
  byId('sheet').replaceChildren(
    make('p', {}, sentence(`held-${form.elements.held.value}`)),
    ...(things.length ? [make('p', {}, sentence('mend')), make('ol', {}, ...things.map((thing) => make('li', {}, thing)))] : []),
  );
  form.hidden = true;
  byId('note').hidden = false;
  byId('sheet').focus();
}

async function copy() {
  const said = [...byId('sheet').querySelectorAll('p, li')].map((el) => (el.matches('li') ? `- ${el.textContent}` : el.textContent)).join('\n');
  const done = await navigator.clipboard?.writeText(said).then(() => true, () => false);
  byId('copied').textContent = sentence(done ? 'copied' : 'nocopy');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (check()) write();
});
const presses = {
  start, next, stop, copy,
  change: () => void ((form.hidden = false), (byId('note').hidden = true)),
  'things-only': () => void ((allowed = form.elements.things.value), check()),
};
for (const [id, press] of Object.entries(presses)) byId(id).addEventListener('click', press);
addEventListener('pagehide', () => {
  form.reset();
  byId('sheet').replaceChildren();
});
begin();
