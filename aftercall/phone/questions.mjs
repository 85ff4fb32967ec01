// A few questions, one at a time. What is answered is in this frame's memory alone, and gone with it; out go one word, and what somebody chose to keep, sealed.

import { next, none, questions, result, unsafe } from './scoring.mjs';

// A browser's policy can't close this way out; so the frame throws the tools away before it asks anything.
for (const name of Object.getOwnPropertyNames(globalThis)) if (/rtc/i.test(name)) delete globalThis[name];

const byId = (id) => document.getElementById(id);
const sentence = (key, parts = {}) => byId('say').content.querySelector(`[data-k="${key}"]`).textContent.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
const sets = byId('sets').content;
const set = (of) => sets.querySelector(`[data-of=${of}]`);
const foreign = (name) => set(name === 'pcptsd5' ? 'pc' : 'phq').lang !== document.documentElement.lang;
const OFFERS = { phq9: 'more', gad7: 'more', pcptsd5: 'month', pcl5: 'twenty', phq4: 'two' };
const CALL = 'now';

let state; // where we are: { days, done, asked, english, refused, name, n }
let trail = []; // where we were
let answers = none();

const tellParent = (said) => parent.postMessage(said, '*');
const callNow = () => tellParent(CALL);
const figure = ([called, n, all]) => sentence('figure', { name: called, n, all });
const words = { figure, level: (n) => sentence(`level${n}`), colour: (n) => document.querySelectorAll('[data-colour] b')[n].textContent };
const row = () => past.row(result(state.asked, answers), answers.colour);
let past; // a history, where the page around has one and brings what it takes (past.mjs)

function show(id, title) {
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== id;
  const heading = byId(id).querySelector('h1');
  if (title) heading.textContent = title;
  heading.removeAttribute('lang');
  byId('foot').hidden = id === 'when';
  byId('skip').hidden = id !== 'ask';
  byId('stop').hidden = ['phrase', 'kept'].includes(id);
  scrollTo(0, 0);
  return heading;
}

const text = (parent, tag) => [...parent.querySelectorAll(`${tag} > li`)].map((li) => li.textContent);

function listed(texts) {
  return texts.map((words) => {
    const li = document.createElement('li');
    li.textContent = words;
    return li;
  });
}

function ask() {
  const all = questions(state.name, answers);
  const [of, i] = all[state.n];
  const from = set(of);
  const heading = show('ask', text(from, 'ol')[i]);
  for (const el of [heading, byId('stem'), byId('examples'), byId('options')]) el.lang = from.lang;
  byId('note').hidden = of !== 'gate';
  byId('stem').textContent = from.querySelector('p').textContent;
  byId('examples').replaceChildren(...listed(text(from, 'ul')));
  byId('options').replaceChildren(...text(from, 'menu').map((words, value) => {
    const button = document.createElement('button');
    button.textContent = words;
    button.ariaPressed = String(answers[of][i] === value);
    button.addEventListener('click', () => answer(of, i, value));
    return button;
  }));
  byId('where').textContent = sentence('at', { n: state.n + 1, all: all.length });
  return heading;
}

function offer() {
  const stranger = foreign(state.name) && !state.english;
  byId('foreign').hidden = !stranger;
  byId('off').textContent = sentence(state.name === 'phq4' ? 'instead' : 'enough');
  return show('offer', sentence(OFFERS[state.name]));
}

function tell() {
  const { level, now, missed, figures } = result(state.asked, answers);
  byId('step').textContent = sentence(`step${level}`);
  byId('call').hidden = !now;
  byId('missed').hidden = !missed;
  byId('keep').hidden = !past?.fresh(row());
  byId('figures').hidden = !figures.length;
  byId('figures').querySelector('ul').replaceChildren(...listed(figures.map(({ called, total, of }) => figure([called, total, of]))));
  return show('result', words.level(level));
}

const SCREENS = {
  when: () => show('when'), colours: () => show('colours'), offer, ask, safe: () => show('safe'), result: tell,
  phrase: () => show('phrase', sentence(`phrase-${past.asks()}`)), kept: () => show('kept'),
};

/** On to another screen; where we were is kept for Back. */
function to(screen, change = {}) {
  if (state && state.screen !== 'phrase') trail.push(state);
  state = { ...state, ...change, screen };
  SCREENS[screen]().focus({ preventScroll: true });
}

/** What comes after a set that was asked, or left out. */
function on(change = {}) {
  const here = { ...state, ...change };
  const name = next(here.days, here.done, answers, here.refused);
  if (!name) return here.asked.length ? to('result', change) : start();
  if (name === 'colour') return to('colours', { ...change, name });
  const whether = name !== 'phq4' || (foreign(name) && !here.english);
  return to(whether ? 'offer' : 'ask', { ...change, name, n: 0 });
}

const finished = () => ({ done: [...state.done, state.name], asked: [...state.asked, state.name] });

function further() {
  const n = state.n + 1;
  return n < questions(state.name, answers).length ? to('ask', { n }) : on(finished());
}

function answer(of, i, value) {
  answers[of][i] = value;
  if (of === 'phq' && unsafe(answers) && i === 8) {
    callNow();
    return to('safe');
  }
  return further();
}

function start() {
  state = undefined;
  trail = [];
  answers = none();
  byId('options').replaceChildren();
  to('when', { days: 0, done: [], asked: [], english: false, refused: false });
}

const presses = {
  on: () => to('ask', { n: 0, english: state.english || foreign(state.name) }),
  off: () => on(state.name === 'phq4' ? { refused: true } : { done: [...state.done, state.name] }),
  skip: () => {
    const [of, i] = questions(state.name, answers)[state.n];
    answers[of][i] = null;
    further();
  },
  back: () => {
    state = trail.pop();
    SCREENS[state.screen]().focus({ preventScroll: true });
  },
  stop: start,
  further,
  keep: () => past.keep(row()),
  look: () => past.look(),
};
for (const [id, press] of Object.entries(presses)) byId(id).addEventListener('click', press);
for (const button of document.querySelectorAll('[data-now]')) button.addEventListener('click', callNow);
for (const button of document.querySelectorAll('[data-days]')) button.addEventListener('click', () => on({ days: Number(button.dataset.days) }));
for (const button of document.querySelectorAll('[data-colour]')) {
  button.addEventListener('click', () => {
    answers.colour = Number(button.dataset.colour);
    if (answers.colour === 3) callNow();
    on(finished());
  });
}
for (const button of document.querySelectorAll('[data-forget]')) {
  button.addEventListener('click', () => {
    past.heard(null);
    tellParent('forget');
    start();
  });
}
addEventListener('message', ({ source, data: { script, kept } }) => {
  if (source !== parent) return;
  if (!past) {
    document.body.append(Object.assign(document.createElement('script'), { textContent: script })); // another one than ours is refused, by its hash
    past = globalThis.past?.({ byId, tell: tellParent, to, words });
  }
  past?.heard(kept);
});
addEventListener('pagehide', () => { // whoever comes back with the browser's own Back finds it empty
  past?.close();
  start();
});
state = { screen: 'when', days: 0, done: [], asked: [], english: false, refused: false };
document.querySelector('main').hidden = false; // not before: a press would be lost
