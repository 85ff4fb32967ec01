// One ask from "not sent" to "ended": this phone keeps at it until a human answers or a number is on the screen.

import { newAsk, posting } from './ask.mjs';
import { IDLE_MS, Refused, backgroundMs, backoff, waiter } from './net.mjs';
import { minutesOf } from './promise.mjs';
import { ASKER, words } from './seal.mjs';
import { byPage, pack, readTogether } from './together.mjs';
import { talk } from './talk.mjs';
import { sayClosed, undo } from './undone.mjs';
import { unhex } from './bytes.mjs';
import { work } from './work.mjs';

const BOX = 'ac1.box';
const STALE_MS = 3_600_000;
const NOW_MS = 60_000; // "Now" is never queued: what does not get through in a minute waits for a tap
const STANDING_MS = 600_000;
const REPOSTS = 5;

/**
 * The asker's conversation with the server. `tell(phase, more)` gets one of
 * 'unsent' (nobody knows yet; more: {tries, why: 'net'|'code'|'none'|'refused'|'stale'|'now', say, trying}),
 * 'later' ({at: ms}: it stands until then), 'waiting' ({rung: [pid], wave, lapsed, nobody, allied}), 'taken' ({pid, words}),
 * 'letters', 'talk', 'missing', 'bad', 'away', 'back', 'ended', 'off' (the colleague's phone is), 'lost'.
 * `keep` is the drawer of the open box; `undone` is the drawer of closes that did not get through; `directory()` gives the checked directory.
 */
export class Care {
  constructor({ net, keep, undone = keep, code, directory, tell, now = Date.now, random, visible = () => true }) {
    Object.assign(this, { net, keep, undone, code, directory, tell, now, random, visible });
    this.row = keep.get(BOX);
    this.pause = waiter();
    this.end = new AbortController();
  }

  /** The kept ask, or null. */
  get open() {
    return this.row;
  }

  /** Asks, with the directory the choice was made from; before each post the directory of that moment is fetched. */
  async ask(choice, directory) {
    this.stop();
    this.row = await newAsk(choice, directory, { random: this.random, now: this.now });
    this.save();
    return this.run();
  }

  /** Goes on after a reload. An ask that never left and is older than an hour waits for a tap. */
  resume(tapped = false) {
    if (!this.row) return undefined;
    if (!this.row.sent && this.stale) {
      if (!tapped) return this.unsent(this.row.page.all ? 'now' : 'stale');
      this.row.made = this.now();
      this.save();
    }
    return this.run();
  }

  /** Too old to go out by itself. */
  get stale() {
    return this.now() - this.row.made > (this.row.page.all ? NOW_MS : STALE_MS);
  }

  async run() {
    this.stop();
    const end = (this.end = new AbortController());
    for (let posts = 0; posts < REPOSTS && !end.signal.aborted; posts++) {
      if (!this.row.sent && !(await this.post(end.signal))) return;
      if (this.row.taker) this.meet(this.row.taker);
      if ((await this.watch(end.signal)) !== 'again') return;
    }
    if (!end.signal.aborted) this.finish('lost');
  }

  /** Posts until it is acknowledged. False when trying again does not help, or somebody stopped it. */
  async post(stop) {
    for (let tries = 0; !stop.aborted; tries++) {
      if (tries && this.row.page.all && this.stale) return this.unsent('now');
      this.tell('unsent', { why: 'net', tries, trying: true });
      try {
        const directory = await this.directory();
        if (!directory.peers.length) return this.unsent('none');
        const body = await posting(this.row, directory);
        const head = { 'X-Code': this.code(), ...(await this.worked(directory)) };
        const { json } = await this.net.call('POST', 'box', { head, body, stop });
        if (stop.aborted) return false;
        this.row.sent = true;
        this.save();
        if (this.later > this.now()) this.tell('later', { at: this.later });
        else this.tell('waiting', { rung: [], wave: 1, lapsed: 0, nobody: json.rung === 0, allied: json.allied });
        return true;
      } catch (error) {
        if (stop.aborted) return false;
        if (error instanceof Refused && error.status === 404) return this.finish('lost');
        if (error.word === 'work') this.row.work = null; // another tap tries anew; the numbers stand there already
        else if (error.word === 'code' || error.status === 403) return this.unsent('code');
        if (error instanceof Refused) return this.unsent('refused', error.say);
        await this.pause.wait(backoff(tries + 1), stop);
      }
    }
    return false;
  }

  /** What the programme asks of a phone for each ask: done once, and kept with it. */
  async worked(directory) {
    if (!directory.work) return {};
    if (this.row.work?.bits !== directory.work) {
      this.row.work = { bits: directory.work, done: await work(this.row.programme, this.row.box, directory.work) };
      this.save();
    }
    return { 'X-Work': this.row.work.done };
  }

  /** When it is due, in ms; 0 for now. */
  get later() {
    return Number(this.row.due) * 3_600_000;
  }

  /** A standing ask is looked at now and then, and as its hour comes. */
  untilLater() {
    return Math.min(STANDING_MS * (0.7 + 0.6 * Math.random()), Math.max(1000, this.later - this.now() + 1000));
  }

  unsent(why, say = '') {
    this.tell('unsent', { why, say, tries: 1, trying: false });
    return false;
  }

  /** Follows the box's state. 'again' when the server has lost an ask that nobody had taken: the same ask is posted again (DECISIONS A6). */
  async watch(stop) {
    let tag = '';
    let standing = false;
    for (let away = 0; !stop.aborted; ) {
      const hold = this.visible() && !standing;
      try {
        const head = { 'X-Box': this.row.box, 'X-Cap': this.row.cap, ...(tag && { 'X-Seen': tag }) };
        const { json } = await this.net.call('GET', 'box/state', { head, hold, stop });
        if (stop.aborted) return '';
        if (away) this.tell('back');
        away = 0;
        tag = json.tag;
        standing = json.state === 'later';
        if (json.state === 'ended' || json.state === 'off') return this.finish(json.state);
        this.standing(json);
        await this.pause.wait(json.state === 'later' ? this.untilLater() : hold ? IDLE_MS : backgroundMs(), stop);
      } catch (error) {
        if (stop.aborted) return '';
        if (error instanceof Refused && error.status === 404) {
          if (this.row.ever) return this.finish('lost');
          this.row.sent = false;
          this.save();
          return 'again';
        }
        this.tell('away', (away += 1));
        await this.pause.wait(backoff(away), stop);
      }
    }
    return '';
  }

  standing({ state, wave, rung, taker, lapsed }) {
    const { row } = this;
    const again = lapsed !== row.lapsed; // between two looks somebody let it go, and perhaps took it once more
    row.lapsed = lapsed;
    if (taker && (taker !== row.taker || again)) this.change(taker);
    if (!taker && row.taker) {
      this.talk?.stop();
      row.taker = null;
      this.save();
    }
    if (state === 'talk' && !row.met) {
      // There was contact: the keys of all others are worth nothing now, and go.
      row.keys = { [taker]: row.keys[taker] };
      Object.assign(row, { met: true, kc: '', contact: '', ...(row.join && { join: { pid: row.join.pid } }) });
      this.save();
    }
    if (state === 'later') this.tell('later', { at: this.later });
    else if (!taker) this.tell('waiting', { rung, wave, lapsed, nobody: rung.length === 0 });
    else if (state === 'talk') this.tell('talk');
  }

  /** Somebody (else) has taken it. What was written to the one before is sealed again for this one, from letter 1. */
  change(taker) {
    const { row } = this;
    if (!row.keys[taker]) return;
    const mine = row.letters.filter((l) => l.me && !(row.join && (taker !== row.join.pid || byPage(l.text)))); // words for several are for nobody else
    Object.assign(row, { taker, ever: true, until: 0, group: null, aside: false, sending: 0, seen: 0, out: [], letters: row.letters.filter((l) => !l.me) });
    this.save();
    this.meet(taker, mine);
  }

  meet(taker, again = []) {
    const { row } = this;
    this.talk?.stop();
    const { k } = row.keys[taker];
    const tell = (word, more) => {
      if (word === 'gone' && this.row === row) row.taker = null; // whoever takes it next, the same one too, is met anew
      if (word === 'letters' && more && this.together()) return;
      if (word === 'letters' && more) this.promised();
      if (word === 'gone' || word === 'state') this.pause.nudge();
      else this.tell(word, more);
    };
    const { net, visible } = this;
    this.talk = talk({ net, row, cap: row.cap, k, side: ASKER, save: () => this.save(), tell, visible });
    const { talk: mine } = this;
    words(unhex(k), unhex(row.box)).then((six) => this.talk === mine && this.tell('taken', { pid: taker, words: six })); // unless it is over by now
    mine.run();
    for (const letter of again) this.write(letter.text);
  }

  /** Their newest letter may be one that says when they come: counted from when it came, for two clocks may differ. Any other ends that. */
  promised() {
    const { row } = this;
    const last = row.letters.filter((letter) => !letter.me && !letter.gap).at(-1);
    const minutes = minutesOf(last?.text ?? '');
    row.until = minutes && this.now() + minutes * 60_000;
    if (minutes) last.at = row.until;
    this.save();
  }

  /** What came in a talk for several: says once that we are in it, and closes when it is over. True when it is over. */
  together() {
    const { row } = this;
    if (row.taker !== row.join?.pid || !readTogether(row, this.now())) return false;
    if (!row.group.in) this.write(pack({ t: 'in' }));
    row.group.in = true;
    this.save();
    if (!row.group.over) return false;
    this.finish('ended');
    return true;
  }

  /** Out for a moment, or back. */
  aside(out) {
    this.row.aside = out;
    return this.write(pack({ t: out ? 'out' : 'back' }));
  }

  write(text) {
    return this.talk.write(text);
  }

  /** Everything goes, here at once and there as soon as it can be said. */
  async close() {
    const { row } = this;
    this.forget();
    return this.sayClosed(row);
  }

  sayClosed(row) {
    return sayClosed(this.net, this.undone, row);
  }

  undo() {
    return undo(this.net, this.undone);
  }

  finish(phase) {
    const { row } = this;
    this.forget();
    this.tell(phase);
    this.sayClosed(row); // nothing remains of what has ended; and what was lost rings nobody, should it come back from a disk or a proxy
    return false;
  }

  forget() {
    this.stop();
    this.row = null;
    this.keep.del(BOX);
  }

  save() {
    if (this.row) this.keep.set(BOX, this.row);
  }

  nudge() {
    this.pause.nudge();
    this.talk?.nudge();
  }

  stop() {
    this.end.abort();
    this.talk?.stop();
    this.talk = null;
  }
}
