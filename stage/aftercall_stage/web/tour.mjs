// Show me: four minutes. Twelve steps, each of which does something real and waits until it stands on a phone or in the rows before it speaks.

import { byId, make } from './make.mjs';
import { Missing, reach } from './reach.mjs';
import { STEPS } from './steps.mjs';

const KEYS = { ArrowRight: 'next', ArrowLeft: 'back', ' ': 'play', Escape: 'leave' };
const BUSY = 'input, select, textarea, button, a, summary, iframe';
const OFF = -1;

const panel = byId('tour'); // in seconds: data-look, to look where a step points when its words are read; data-patience, for what it speaks of
const called = (name) => byId(`tour-${name}`);

/** How long somebody needs who reads aloud at this many words a minute. */
export const readingMs = (text, pace) => (text.split(/\s+/).length / pace) * 60_000;

/** What is shown must not lie under the rail, whose height goes with its words. */
const railed = () => document.documentElement.style.setProperty('--rail', `${panel.closest('.rail').offsetHeight}px`);

export class Tour {
  /** `stage` is what the page can do: `phones`, `show(key)`, `ask(path, body)`, and `turned()` when the tour has begun or ended. */
  constructor(stage) {
    this.stage = stage;
    this.waiting = new Set();
    this.forget();
    byId('show').addEventListener('click', () => (this.reached === OFF ? this.begin() : this.go(this.at)));
    for (const name of new Set(Object.values(KEYS))) called(name).addEventListener('click', () => this[name]());
    called('pace').addEventListener('change', () => this.read());
    addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(railed).observe(panel.closest('.rail'));
  }

  get on() {
    return !panel.hidden;
  }

  /** Nothing of a tour that was: the next one begins with a night of its own. */
  forget() {
    this.turn?.abort();
    Object.assign(this, { at: 0, reached: OFF, said: [], memory: {}, playing: true, early: 0, state: 'coming' });
    byId('show').textContent = 'Show me: four minutes';
  }

  /** How everything stands, each time the page has asked; null while there is no stage. */
  saw(view) {
    if (view && this.story && view.board.story !== this.story && this.reached !== OFF) {
      this.forget(); // somebody has started over
      this.close();
    }
    this.view = view;
    if (view) for (const look of this.waiting) look(view);
  }

  async begin() {
    this.forget();
    this.open();
    this.draw();
    const { signal } = (this.turn = new AbortController());
    const old = this.view?.board.told ? this.view.board.story : '';
    try {
      if (old) await this.stage.ask('/stage/over', {});
      this.story = (await this.until((view) => view.board.story !== old, 'a new night', signal)).board.story;
    } catch (problem) {
      return this.failed(problem, signal);
    }
    return this.go(0);
  }

  /** To a step. One that was reached already is only said again: the night does not run backwards. */
  async go(at) {
    this.turn?.abort();
    const { signal } = (this.turn = new AbortController());
    Object.assign(this, { at, state: 'coming' });
    this.open();
    this.draw();
    const step = STEPS[at];
    try {
      if (at > this.reached) {
        await step.act?.(this.hands(signal));
        const view = await this.until((now) => step.seen(now, this.memory), step.what, signal);
        this.said[at] = step.say(view, this.memory);
        this.reached = at;
      }
    } catch (problem) {
      return this.failed(problem, signal);
    }
    this.state = 'here';
    this.draw();
    this.point(typeof step.at === 'function' ? step.at(this.memory) : step.at);
    if (this.early && at + 1 < STEPS.length) {
      this.early--;
      return this.go(at + 1);
    }
    return this.read();
  }

  failed(problem, signal) {
    if (signal.aborted) return;
    if (!(problem instanceof Missing)) console.error(problem);
    Object.assign(this, { state: 'missing', playing: false, early: 0, lacks: problem.message });
    this.draw();
  }

  /** What a step can do. All of it ends when the tour goes elsewhere. */
  hands(signal) {
    const on = (key, act) => reach(this.stage.phones.get(key), act, signal);
    const hands = {
      memory: this.memory,
      ask: (path, body) => this.stage.ask(path, body),
      until: (true_, what) => this.until(true_, what, signal),
      open: (key) => this.stage.show(key, true),
      press: (key, at, more) => on(key, { hand: 'press', at, ...more }),
      see: (key, at, text) => on(key, { hand: 'see', at, text }),
      async write(key, words) {
        await on(key, { hand: 'write', at: '#text', words });
        await hands.press(key, '#write [type=submit]');
      },
    };
    return hands;
  }

  /** The first view of which it is true. Raises Missing when none comes. */
  until(true_, what, signal) {
    return new Promise((resolve, reject) => {
      const end = (then, value) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        then(value);
      };
      const look = (view) => void (true_(view) && end(resolve, view));
      const timer = setTimeout(() => end(reject, new Missing(what)), Number(panel.dataset.patience) * 1000);
      signal.addEventListener('abort', () => end(reject, signal.reason));
      this.waiting.add(look);
      if (this.view) look(this.view);
    });
  }

  // what is pressed -----------------------------------------------------------------------------------------------------------

  next() {
    if (this.state === 'coming') this.early = 1; // kept until the step is there
    else if (this.state === 'missing' && this.reached === OFF && !this.story) this.begin();
    else if (this.state === 'missing') this.go(this.at);
    else if (this.at + 1 < STEPS.length) this.go(this.at + 1);
    else this.leave();
  }

  back() {
    if (this.state !== 'coming' && this.at > 0) this.go(this.at - 1);
  }

  play() {
    this.playing = !this.playing;
    this.draw();
    this.read();
  }

  /** Off the tour; the night stays as it is, and whoever comes back goes on where they were. */
  leave() {
    this.turn?.abort();
    if (this.reached === STEPS.length - 1 && this.at === this.reached) this.forget();
    else if (this.reached !== OFF) byId('show').textContent = `Go on: ${this.at + 1} of ${STEPS.length}`;
    this.close();
  }

  key(event) {
    const does = KEYS[event.key];
    const meant = event.target.closest?.(BUSY); // there a key has a meaning already
    if (!this.on || !does || event.altKey || event.ctrlKey || event.metaKey || (meant && (does === 'play' || event.target.matches('select, input')))) return;
    event.preventDefault();
    this[does]();
  }

  // what is seen --------------------------------------------------------------------------------------------------------------

  open() {
    if (this.on) return;
    panel.hidden = false;
    document.body.classList.add('touring');
    this.stage.turned();
    called('h').focus({ preventScroll: true });
  }

  close() {
    if (!this.on) return;
    clearTimeout(this.reading);
    this.point([]);
    panel.hidden = true;
    document.body.classList.remove('touring');
    this.stage.turned();
    byId('show').focus({ preventScroll: true });
  }

  draw() {
    clearTimeout(this.reading);
    const { title, wait = 'One moment: it is being done now.' } = STEPS[this.at];
    const text = { coming: wait, here: this.said[this.at], missing: `This has not come: ${this.lacks}. Try it again, or leave the tour and press by hand, or start over.` }[this.state];
    const last = this.at + 1 === STEPS.length;
    panel.dataset.state = this.state;
    panel.dataset.step = this.at + 1;
    called('n').textContent = `${this.at + 1} of ${STEPS.length}`;
    called('say').replaceChildren(make('b', {}, `${title}.`), ` ${text}`);
    called('back').disabled = this.at === 0 || this.state === 'coming';
    called('play').textContent = this.playing ? 'Pause' : 'Play';
    called('next').textContent = this.state === 'missing' ? 'Try again' : last ? 'The end' : 'Next';
  }

  /** Goes on by itself when the words have been read. */
  read() {
    clearTimeout(this.reading);
    if (!this.on || !this.playing || this.state !== 'here' || this.at + 1 === STEPS.length) return;
    this.reading = setTimeout(() => this.next(), readingMs(`${STEPS[this.at].title} ${this.said[this.at]}`, Number(called('pace').value)) + Number(panel.dataset.look) * 1000);
  }

  /** An outline around what a step speaks of; the first of it comes into sight. */
  point(targets) {
    for (const el of document.querySelectorAll('.pointed')) el.classList.remove('pointed');
    for (const key of targets.toReversed()) if (this.stage.phones.has(key)) this.stage.show(key);
    const there = targets.map((at) => this.stage.phones.get(at)?.el ?? document.querySelector(at)).filter(Boolean);
    for (const el of there) el.classList.add('pointed');
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    railed(); // the observer comes too late: the words have just changed
    there[0]?.scrollIntoView({ block: 'start', inline: 'center', behavior });
  }
}
