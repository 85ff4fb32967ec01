// The talks a peer holds at once, three as a rule: each with keys, letters, draft and lease of its own. One is shown, none is forgotten.

import { unhex } from './bytes.mjs';
import { begun, going } from './rest.mjs';
import { PEER, words } from './seal.mjs';
import { talk } from './talk.mjs';

export const MOST = 3; // FIELD R17; who would rather not wait may be one more (DECISIONS 7)

/** Keeps what there is when its turn comes: one after the other. One that failed must not hold up the next, which keeps or deletes all. */
export function inTurn(keep) {
  let waiting = false;
  const kept = {
    saved: Promise.resolve(),
    save() {
      if (waiting) return;
      waiting = true;
      const go = () => {
        waiting = false;
        return keep();
      };
      kept.saved = kept.saved.then(go, go);
    },
  };
  return kept;
}

/** What a new talk is called for as long as it lasts: the lowest number that no other has. */
export function numbered(rows) {
  let n = 1;
  while (rows.some((row) => row.n === n)) n++;
  return n;
}

/**
 * `rows` are the kept talks in the order of their numbers, each as `talk` has it, and `{n, draft, unread, last, bad, ...}`. `tell(word, more)` says
 * 'talk' (the shown one is another, or another than it was), 'talks' (any of them), 'letters' (of the shown one), 'over' (what `drop` gives),
 * 'away', 'back'.
 */
export class Talks {
  constructor({ net, keys, tell, visible, now }) {
    Object.assign(this, { net, keys, tell, visible, now, rows: [], lines: new Map(), shown: '', met: false, kept: inTurn(() => this.keep()) });
  }

  of = (box) => this.rows.find((row) => row.box === box);

  /** The one that is shown. There is none when it ended by itself: another must not come under fingers that are still writing. */
  get row() {
    return this.of(this.shown);
  }

  /** May this one be taken beside those that are there? Beyond three who would rather not wait, or has a page to be written to in turn, when the server
   * says that all have been rung for them. */
  may(page) {
    return this.rows.length < MOST || !!page.all || !!(page.turn && !page.basic);
  }

  /** Takes up what was open before a reload. */
  async resume() {
    const kept = await this.keys.recall('open').catch(() => null);
    if (!kept) return;
    const { rows, shown, met, time } = kept.box ? { rows: [kept], ...kept } : kept; // a page of before kept its only one
    Object.assign(this, { met, time });
    for (const row of rows) await this.add(row, row.box === shown);
    if (!this.row) this.look(this.rows[0].box);
  }

  /** One more, shown or not. */
  async add(row, show) {
    row.six = await words(unhex(row.k), unhex(row.box));
    row.n ??= numbered(this.rows);
    this.time ??= begun(this.now());
    this.rows = [...this.rows, row].sort((a, b) => a.n - b.n);
    const { net } = this;
    const tell = (word, more) => this.heard(row, word, more);
    const visible = () => this.visible() && (this.rows.length <= MOST || this.row === row); // a browser keeps six calls open to one host, no more
    const line = talk({ net, row, cap: row.cap, k: row.k, side: PEER, save: () => this.save(), tell, visible });
    this.lines.set(row.box, line);
    if (show) this.look(row.box);
    else this.change(row, {});
    line.run();
  }

  heard(row, word, more) {
    if (word === 'gone' || more === 'ended') this.over(row);
    else if (word === 'letters') this.letters(row, more);
    else if (word === 'bad') this.change(row, { bad: true });
    else if (word !== 'state') this.tell(word, more);
    else if (more === 'talk' && !row.met) this.change(row, { met: true });
  }

  /** Letters of this one are other than they were; `come`: so many are new, and theirs. */
  letters(row, come) {
    this.mark();
    if (come) row.last = this.now();
    if (come && this.row !== row) row.unread = (row.unread ?? 0) + come;
    this.save();
    if (this.row === row) this.tell('letters');
    this.tell('talks');
  }

  change(row, news) {
    Object.assign(row, news);
    this.save();
    if (this.row === row) this.tell('talk', row);
    this.tell('talks');
  }

  /** Shows this one. */
  look(box) {
    this.shown = box;
    if (!this.row) return;
    this.change(this.row, { unread: 0 });
    this.lines.get(box).nudge();
  }

  draft(text) {
    if (!this.row) return;
    this.row.draft = text;
    this.save();
  }

  write(text) {
    const done = this.send(text, 0);
    this.draft('');
    return done;
  }

  /** A letter that says when I come (`until`, ms), or any other (0): then I am here. */
  send(text, until) {
    const done = this.lines.get(this.shown).write(text);
    this.change(this.row, { comes: until, told: false });
    return done;
  }

  /** Has the time come that I promised to one of them? Yes only once, and a minute before. */
  due() {
    const now = this.rows.filter((row) => row.comes && !row.told && row.comes - this.now() < 60_000);
    for (const row of now) this.change(row, { told: true });
    return now.length > 0;
  }

  /** Something happened in one of them: so the time counts, once, however many they are. */
  mark() {
    this.time = going(this.time ?? begun(this.now()), this.now());
  }

  over(row) {
    const end = this.drop(row);
    if (end) this.tell('over', end);
  }

  /** Forgets this one. Gives `{n, shown: was it, left, met: was any since the first began, time}`; null when it was gone already. */
  drop(row, met = row.met) {
    if (!this.rows.includes(row)) return null;
    this.mark();
    this.lines.get(row.box).stop();
    this.lines.delete(row.box);
    this.rows = this.rows.filter((one) => one !== row);
    const end = { n: row.n, shown: this.shown === row.box, left: this.rows.length, met: (this.met ||= met), time: this.time };
    if (end.shown) this.shown = '';
    if (!end.left) Object.assign(this, { met: false, time: undefined });
    this.save();
    return end;
  }

  keep() {
    const { rows, shown, met, time } = this;
    return rows.length ? this.keys.keep('open', { rows, shown, met, time }) : this.keys.drop('open');
  }

  save() {
    this.kept.save();
  }

  get saved() {
    return this.kept.saved;
  }

  nudge() {
    for (const line of this.lines.values()) line.nudge();
  }

  stop() {
    for (const line of this.lines.values()) line.stop();
  }
}
