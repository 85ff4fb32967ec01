// A talk for several on the phone it goes through: who is let in, who gets what, each word once, kept until it is over.

import { random as dice, spoken } from './bytes.mjs';
import { backgroundMs } from './net.mjs';
import { begun, going } from './rest.mjs';
import { PEER } from './seal.mjs';
import { talk } from './talk.mjs';
import { inTurn } from './talks.mjs';
import { byPage, joinWords, pack, tidyName, unpack } from './together.mjs';

export const MOST = 12;
export const OPEN_MS = 5_400_000; // others may come
const WRONG = 20; // so many wrong words, and nobody else comes in
const QUIET_MS = 300_000; // between two looks that nothing called for
const BEAT_MS = 60_000; // it says that it is there
const BYE_MS = 60_000; // in which their phone has read that it is over

/**
 * `row` is kept under the lock phrase: `{words, name, until, open, wrong, n, said, time, log: [{id, by, text, me, gap}], members}`; a member is a talk's row and
 * `{n, who, here, aside, away, bye, at, heard}`. `tell(word)` says 'several' when anything of it is other than it was, 'apart' when the last one has left after the end.
 * `gather(until)` tells the server that others may come (ms; 0: no longer).
 */
export class Several {
  constructor({ net, keys, gather, tell, now = Date.now, random = dice }) {
    Object.assign(this, { net, keys, gather, tell, now, random, row: null, lines: new Map(), kept: inTurn(() => this.keep()) });
  }

  keep() {
    return this.row ? this.keys.keep('several', this.row) : this.keys.drop('several');
  }

  get on() {
    return Boolean(this.row && !this.row.over);
  }

  /** Everybody who is in it, or is coming. */
  get members() {
    return this.row?.members.filter((one) => !one.bye) ?? [];
  }

  of = (box) => this.row?.members.find((one) => one.box === box);

  async begin(name) {
    const until = this.now() + OPEN_MS;
    await this.gather(until);
    for (const one of this.row?.members ?? []) this.close(one); // of one before, who have not read that it is over
    this.stop();
    this.row = { words: joinWords(this.random), name: tidyName(name), until, open: true, wrong: 0, n: 0, said: 0, log: [], members: [], time: begun(this.now()) };
    this.changed();
  }

  /** Takes it up as it was before a reload. */
  async resume() {
    this.row = await this.keys.recall('several').catch(() => null);
    for (const one of this.row?.members ?? []) this.line(one);
    if (this.row) this.changed();
  }

  /** Nobody else comes in. Who is in it stays. */
  async shut() {
    this.row.open = false;
    this.changed();
    await this.gather(0);
  }

  /** Whether this page is let in: it carries the words, there is room, and others may still come. */
  admits({ box, join }) {
    return Boolean(this.on && this.row.open && this.now() < this.row.until && join === this.row.words && (this.of(box) || this.members.length < MOST));
  }

  /** Whether this page is let go at once, for others to answer: it came to us first, and we are not free. Who would rather not wait is for a human to see. */
  passes({ join, first, all }) {
    if (!this.on || all || !(first || typeof join === 'string')) return false;
    if (typeof join === 'string' && join !== this.row.words) this.guessed();
    return true;
  }

  guessed() {
    this.row.wrong += 1;
    if (this.row.wrong >= WRONG && this.row.open) this.shut().catch(() => {});
    this.changed();
  }

  /** One more, whose box is ours. */
  async add(row) {
    if (this.of(row.box)) return;
    const one = { ...row, n: (this.row.n += 1), who: this.called(row.handle), heard: 0, at: 0 };
    this.row.members.push(one);
    this.line(one);
    this.here();
  }

  /** A name that no other has. */
  called(handle) {
    const name = tidyName(handle) || spoken(this.random(4));
    const taken = [this.row.name, ...this.members.map((one) => one.who)];
    for (let n = 1; ; n++) {
      const who = n > 1 ? `${name} ${n}` : name;
      if (!taken.includes(who)) return who;
    }
  }

  line(one) {
    const { net } = this;
    const tell = (word, more) => this.told(one, word, more);
    // No held call for each of twelve (a browser keeps six to one host): `mail` says where letters wait.
    const between = (came) => {
      const more = came || (one.mail ?? 0) > Math.max(one.seen, one.asked ?? 0);
      one.asked = one.mail;
      return more ? 0 : QUIET_MS;
    };
    const line = talk({ net, row: one, cap: one.cap, k: one.k, side: PEER, save: () => this.kept.save(), tell, visible: () => false, between });
    this.lines.set(one.box, line);
    line.run();
  }

  /** All boxes that I have, each with the number of the newest letter that waits there: one held call says it for all of them. */
  mail(boxes) {
    for (const one of this.row?.members ?? []) {
      const n = boxes[one.box];
      if (n !== undefined && n <= one.seen) continue;
      one.mail = n;
      this.lines.get(one.box)?.nudge(); // one that is not ours any more says so
    }
  }

  told(one, word, more) {
    if (!this.row?.members.includes(one)) return;
    if (word === 'gone') this.left(one);
    else if (word === 'letters') this.letters(one);
    else if (word === 'away' || word === 'back') this.mark(one, { away: word === 'away' });
    else if (word === 'state' && more === 'talk' && !one.here) this.mark(one, { here: true });
  }

  mark(one, news) {
    if (Object.entries(news).every(([name, value]) => one[name] === value)) return;
    Object.assign(one, news);
    this.changed();
  }

  /** Repeats what is new of theirs, each letter in one step with the mark that it was: both are kept together, or neither. */
  letters(one) {
    while (one.at < one.letters.length) {
      const letter = one.letters[one.at++]; // first: what follows may lead here again
      if (letter.me) continue;
      const id = `${one.n}.${(one.heard += 1)}`;
      if (letter.gap) this.log({ id, by: one.who, gap: 1 });
      else if (!one.bye) this.repeat(one, id, letter.text);
      letter.text = '';
    }
    for (const letter of one.letters) if (letter.me && letter.state === 'sent') letter.text = ''; // it stands in the log
    this.changed();
  }

  repeat(one, id, text) {
    one.here = true;
    if (!byPage(text)) {
      one.aside = false;
      return this.say({ id, by: one.who, text }, one);
    }
    const { t } = unpack(text) ?? {};
    if (t === 'out' || t === 'back') Object.assign(one, { aside: t === 'out' });
    return this.here();
  }

  /** My own words, to all. */
  write(text) {
    this.say({ id: `0.${(this.row.said += 1)}`, by: this.row.name, text, me: 1 });
    this.changed();
  }

  say(entry, but) {
    this.log(entry);
    const { id, by, text } = entry;
    this.all(pack({ t: 'say', id, by }, text), (one) => one === but);
  }

  log(entry) {
    this.row.time = going(this.row.time, this.now());
    this.row.log.push(entry);
  }

  all(letter, leaves = () => false) {
    for (const one of this.members) if (!leaves(one)) this.lines.get(one.box).write(letter);
    this.row.beat = this.now();
  }

  /** Who is in it, to all of them; also so that they know that this phone is there. */
  here(leaves) {
    const { members } = this;
    const who = [this.row.name, ...members.map((one) => one.who)];
    this.all(pack({ t: 'here', who, out: members.filter((one) => one.aside).map((one) => one.who) }), leaves);
    this.changed();
  }

  /** From time to time: that this phone is there, and an end for whoever's phone does not read that it is over. */
  beat() {
    if (!this.row) return;
    if (this.on && this.now() - (this.row.beat ?? 0) >= BEAT_MS) this.here((one) => one.away); // their post is full, or we can't send
    for (const one of this.row.members.filter(({ bye }) => bye && this.now() - bye >= BYE_MS)) this.close(one);
    if (this.row.open && this.now() >= this.row.until) this.mark(this.row, { open: false });
  }

  close(one) {
    this.net.call('DELETE', 'box', { head: { 'X-Box': one.box, 'X-Cap': one.cap } }).then(() => this.left(one), () => {}); // else at the next beat
  }

  /** It is over for this one: they are told, and then their box goes. */
  letGo(one) {
    this.bye(one);
    this.here();
  }

  bye(one) {
    this.lines.get(one.box).write(pack({ t: 'bye' }));
    one.bye = this.now();
  }

  /** It is over for all. What is kept of it goes when they have all been told. */
  async end() {
    for (const one of this.members) this.bye(one);
    Object.assign(this.row, { over: true, open: false, log: [] });
    this.changed();
    if (!this.row.members.length) this.apart();
    await this.gather(0);
  }

  left(one) {
    if (!this.row?.members.includes(one)) return;
    this.lines.get(one.box).stop();
    this.lines.delete(one.box);
    this.row.members = this.row.members.filter((other) => other !== one);
    if (this.on) this.here();
    else if (!this.row.members.length) this.apart();
    else this.changed();
  }

  apart() {
    this.row = null;
    this.changed();
    this.tell('apart');
  }

  changed() {
    this.kept.save();
    this.tell('several');
  }

  stop() {
    for (const line of this.lines.values()) line.stop();
  }
}
