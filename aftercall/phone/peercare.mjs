// The peer's half of the calls: sign in, be on duty, hear who waits, say yes to one, and stay with them.

import { b64, lv, unb64, unhex } from './bytes.mjs';
import { IDLE_MS, Refused, backgroundMs, backoff, waiter } from './net.mjs';
import { counted, enough, monthEnd, restUntil } from './rest.mjs';
import { openContact, openCopy } from './seal.mjs';
import { Talks } from './talks.mjs';

/**
 * What an unlocked peer's phone does. `tell(word, more)` gets
 * 'pages' ({duty: {on, until, rest, turn}, pages: [{box, handle, lang, chan, all, join, turn, answered}]}), 'unknown' (the programme does not know this phone yet),
 * 'taken' (another was first), 'gone' (what was waiting is over), and what `Talks` says of the talks.
 */
export class PeerCare {
  constructor({ net, keys, tell, visible = () => true, caps = { rest: 0, hours: 0 }, now = Date.now, chance = Math.random }) {
    Object.assign(this, { net, keys, tell, visible, caps, now, chance });
    this.pause = waiter();
    this.end = new AbortController();
    this.opened = new Map();
    this.unsure = new Map(); // the pages of a yes that may have arrived, whose answer did not
    this.taking = new Map();
    this.talks = new Talks({ net, keys, tell, visible, now });
    this.several = null; // a talk for several, once one was begun
  }

  /** Whose letters these are, where we have them already. */
  has = (box) => this.talks.of(box) ?? this.several?.of(box);

  async login() {
    const { pid, programme } = this.keys;
    const { json } = await this.net.call('POST', 'peer/challenge');
    const sig = b64(await this.keys.sign(lv('ac1/login', programme, pid, json.challenge)));
    const answer = await this.net.call('POST', 'peer/login', { body: JSON.stringify({ pid, challenge: json.challenge, sig }) });
    this.token = answer.json.token;
    await this.newKey();
  }

  /** Tells the server our newest sealing key once there is more than the first; the same one again changes nothing. */
  async newKey() {
    const next = await this.keys.renew();
    if (!next && this.keys.sealing.length < 2) return;
    const { kem, after, sig } = this.keys.sealing.at(-1);
    await this.as('PUT', 'peer/key', { body: JSON.stringify({ kem: b64(kem), kem_after: after, kem_sig: b64(sig) }) });
  }

  /** A call as this peer; signs in when there is no sign-in yet or it has run out. */
  async as(method, path, options = {}) {
    if (!this.token) await this.login();
    const go = () => this.net.call(method, path, { ...options, head: { ...options.head, 'X-Peer': this.token } });
    try {
      return await go();
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
      this.token = '';
      await this.login();
      return go();
    }
  }

  async duty(on, until) {
    await this.as('POST', 'peer/duty', { body: JSON.stringify({ on: on ? 1 : 0, until: whole(until) }) });
    this.pause.nudge();
  }

  /** Standing duties: [{begins, ends, own, on}]. */
  async turns() {
    return (await this.as('GET', 'peer/turns')).json.turns;
  }

  /** One duty more, or (`on` false) one that I can't do. */
  async turn(on, begins, ends) {
    await this.as('POST', 'peer/turn', { body: JSON.stringify({ on: on ? 1 : 0, begins: whole(begins), ends: ends ? whole(ends) : '' }) });
  }

  /** Others are rung first until then. */
  async rest(until) {
    await this.as('POST', 'peer/rest', { body: JSON.stringify({ until: until ? whole(until) : '' }) });
    this.pause.nudge();
  }

  /** Others may come to my talk for several until then; 0: no longer. */
  async gather(until) {
    await this.as('POST', 'peer/gather', { body: JSON.stringify({ until: until ? whole(until) : '' }) });
  }

  /** Enough for this month: off duty, no standing duty, and rest until it ends. */
  async enoughForNow() {
    const end = monthEnd(this.now());
    for (const t of await this.turns()) if (t.on && Date.parse(t.begins) < end) await this.turn(false, t.begins);
    await this.rest(end);
    await this.duty(false, this.now());
  }

  /** I was at something hard: passed over for whoever waits now, and off duty. Nobody is told why. */
  async hit() {
    for (const page of [...this.opened.values()]) if (!page.answered) await this.pass(page);
    await this.duty(false, this.now());
  }

  /** After a talk: count it here, and rest. What can't be sent now is made up for at the next sign of the server. */
  async talked(time) {
    const now = this.now();
    const given = counted(await this.keys.recall('given').catch(() => null), time, now);
    await this.keys.keep('given', given);
    const full = enough(given, this.caps.hours);
    const mine = full ? monthEnd(now) : this.caps.rest ? restUntil(now, this.caps.rest, this.chance) : 0;
    this.owed = Math.max(mine, this.restsUntil || 0); // never less than I rest already
    this.restsUntil = this.owed;
    await this.keys.keep('owed', this.owed);
    await this.settle().catch(() => {}); // else with the next answer
    return { given, full };
  }

  /** Says what rest is still to be said to the server. */
  async settle() {
    this.owed ??= (await this.keys.recall('owed').catch(() => null)) ?? 0;
    if (this.owed > this.now()) await this.rest(this.owed);
    if (this.owed) await this.keys.drop('owed');
    this.owed = 0;
  }

  /** Hears who waits, until stopped, and takes up the talks that were open before a reload. */
  async run() {
    const stop = this.end.signal;
    await this.talks.resume();
    let [tag, away] = ['', 0];
    while (!stop.aborted) {
      const hold = this.visible() && tag !== '';
      try {
        const { json } = await this.as('GET', 'peer/pages', { head: { ...(tag && { 'X-Seen': tag }), ...(this.several?.row && { 'X-Mail': '1' }) }, hold, stop });
        if (stop.aborted) return;
        if (away) this.tell('back');
        [away, tag] = [0, json.tag];
        this.restsUntil = Date.parse(json.duty.rest) || 0;
        if (this.owed !== 0) this.settle().catch(() => {}); // with the next answer, then
        const all = await this.read(json.pages);
        if (json.mail) this.several?.mail(json.mail);
        this.tell('pages', { duty: json.duty, pages: await this.sorted(all) });
        await this.yesAgain(json.pages);
        await this.pause.wait(this.visible() ? IDLE_MS : backgroundMs(), stop);
      } catch (error) {
        if (stop.aborted) return;
        const stranger = error instanceof Refused && [401, 403, 404].includes(error.status);
        this.tell(stranger ? 'unknown' : 'away', (away += 1));
        await this.pause.wait(backoff(stranger ? 9 : away), stop);
      }
    }
  }

  /** Pages that open with one of our keys. One that does not open is passed over: it was not sealed to this phone. */
  async read(pages) {
    for (const { box, ct, turn } of pages) {
      if (this.opened.has(box)) {
        this.opened.get(box).turn = turn;
        continue;
      }
      for (const key of [...this.keys.sealing].reverse()) {
        const page = await openCopy(this.keys.programme, unhex(box), this.keys.pid, key, unb64(ct)).catch(() => null);
        if (page) this.opened.set(box, { ...page, box, turn });
      }
    }
    for (const box of this.opened.keys()) if (!pages.some((p) => p.box === box)) this.opened.delete(box);
    return [...this.opened.values()];
  }

  /** While I have a talk for several: who has its words is let in, who came to me first goes on to others, and the rest is left to see. */
  async sorted(pages) {
    const left = [];
    for (const page of pages) {
      if (this.several?.admits(page)) await this.yes(page, false).catch(() => {}); // else with the next look
      else if (this.several?.passes(page)) await this.pass(page).catch(() => {});
      else left.push(page);
    }
    return left;
  }

  /** First yes wins. True when it is ours. A second tap is the same yes: it must not begin the talk anew, with an empty list of letters. */
  async take({ box }) {
    if (this.has(box)) return true;
    return this.yes(this.opened.get(box), true);
  }

  /** One yes at a time to each box. */
  async yes(page, show) {
    const { box } = page;
    if (!this.taking.has(box)) this.taking.set(box, this.say(page, show).finally(() => this.taking.delete(box)));
    return this.taking.get(box);
  }

  /** A yes whose answer was lost, to one who rings no more: perhaps it is ours. The same yes again has the same answer. */
  async yesAgain(pages) {
    const unsure = [...this.unsure.values()];
    this.unsure.clear();
    for (const page of unsure) {
      if (this.has(page.box) || this.taking.has(page.box) || pages.some((p) => p.box === page.box)) continue; // one that still rings can be tapped again
      await this.yes(page, false);
    }
  }

  async say(page, show) {
    const { box } = page;
    const head = { 'X-Box': box, 'X-Cap': page.cap };
    try {
      const { json } = await this.net.call('POST', 'box/take', { head });
      const contact = await openContact(this.keys.programme, unhex(box), unhex(page.kc), unb64(json.contact)).catch(() => null);
      const { k, cap, handle, lang, chan, basic } = page;
      const row = { programme: this.keys.programme, box, k, cap, handle, lang, chan, basic, contact, until: json.until, met: false, sending: 0, seen: 0, out: [], letters: [] };
      if (this.several?.admits(page)) await this.several.add(row);
      else await this.talks.add(row, show || !this.talks.rows.length); // what nobody tapped for just now doesn't come under fingers that write
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.unsure.set(box, page);
        throw error;
      }
      this.opened.delete(box);
      this.tell(error.status === 409 ? 'taken' : 'gone');
      return false;
    }
  }

  /** Not me. Also gives back what we took before we met: then gives what `Talks.drop` does. */
  async pass({ box }) {
    const row = this.talks.of(box);
    const page = this.opened.get(box) ?? row;
    if (page?.cap) await this.net.call('POST', 'box/pass', { head: { 'X-Box': box, 'X-Cap': page.cap } }).catch(dead);
    this.opened.delete(box);
    this.unsure.delete(box);
    return row && this.talks.drop(row);
  }

  /** "I have spoken to them": as good as a letter read. */
  async spoken() {
    const { row } = this.talks;
    await this.net.call('POST', 'box/spoken', { head: { 'X-Box': row.box, 'X-Cap': row.cap } });
    this.talks.mark();
    if (this.talks.of(row.box)) this.talks.change(row, { met: true });
  }

  /** Ends the talk that is shown, and gives what `Talks.drop` does; null when it had ended meanwhile. */
  async close() {
    const { row } = this.talks;
    if (!row) return null;
    await this.net.call('DELETE', 'box', { head: { 'X-Box': row.box, 'X-Cap': row.cap } }).catch(dead);
    return this.talks.drop(row, true);
  }

  nudge() {
    this.pause.nudge();
    this.talks.nudge();
  }

  stop() {
    this.end.abort();
    this.several?.stop();
    this.talks.stop();
  }
}

/** What is gone already needs no closing; all else is the caller's. */
function dead(error) {
  if (!(error instanceof Refused && error.status === 404)) throw error;
}

const whole = (at) => new Date(at).toISOString().replace(/\.\d+Z/, 'Z');
