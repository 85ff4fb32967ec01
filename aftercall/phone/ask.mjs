// An ask is made whole on this phone: who may answer, one sealed copy for every peer, the same in shape whatever was chosen.

import { b64, hex, random as dice, sha256, spoken, unhex, utf8 } from './bytes.mjs';
import { sealContact, sealCopy } from './seal.mjs';

const MOST_COPIES = 40;
const CONTACT_ROOM = 254;
const NOW = '000000';

/** A fair shuffle from random bytes. */
function shuffled(list, random) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const n = new DataView(random(4).buffer).getUint32(0);
    const j = Math.floor((n / 2 ** 32) * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/**
 * A new ask, as it is kept on this phone until it is over. `choice` is
 * `{lang, chan: 'letters'|'call', all: bool, wish: pid or '', out: [pid], contact: {name, tel, place, near}, later: ms or 0}`; `later` is a whole hour.
 * `join` are the words of a talk for several, which goes through the phone of `wish`; `handle` is what the others see there.
 * Above 40 peers the 40 are drawn before any choice is looked at, so that who has a copy tells nothing; a wished-for
 * peer who was not drawn gets none (DECISIONS 10), and `wished` says so.
 */
export async function newAsk(choice, directory, { random = dice, now = Date.now } = {}) {
  const [named, others] = [true, false].map((is) => directory.peers.filter((p) => !!p.card?.professional === is).map((p) => p.pid));
  const some = shuffled(others, random).slice(0, MOST_COPIES - named.length);
  const drawn = named.length ? shuffled([...named, ...some], random) : some; // a professional has a copy of each ask (DECISIONS 12)
  if (choice.join && !drawn.includes(choice.wish)) drawn[drawn.indexOf(some[0])] = choice.wish; // it goes through their phone, or not at all (decision 37)
  const out = drawn.filter((pid) => choice.out?.includes(pid) && pid !== choice.wish);
  const first = drawn.filter((pid) => pid === choice.wish);
  const order = [...first, ...drawn.filter((pid) => !first.includes(pid) && !out.includes(pid)), ...out];
  const box = random(16);
  const kc = random(32);
  const keys = {};
  for (const pid of order) keys[pid] = { k: hex(random(32)), cap: hex(random(16)), ...(out.includes(pid) && { out: 1 }) };
  return {
    v: 1, made: now(), sent: false, programme: directory.programme, box: hex(box), cap: hex(random(16)), kc: hex(kc), keys, order,
    wished: !choice.wish || first.length === 1,
    page: { lang: choice.lang, chan: choice.chan, all: choice.all ? 1 : 0, handle: choice.handle || spoken(random(4)) },
    ...(choice.join && { join: { pid: choice.wish, words: choice.join } }),
    due: choice.later ? String(Math.ceil(choice.later / 3_600_000)) : NOW,
    contact: b64(await sealContact(directory.programme, box, kc, fitting(choice.contact ?? {}), random)),
    taker: null, met: false, lapsed: 0, sending: 0, seen: 0, out: [], letters: [],
  };
}

/** Name, number, place and who is to be called: cut at the end of the place, then the name, when they would not fit their block; a number last. */
function fitting({ name = '', tel = '', place = '', near = '' }) {
  const c = { name: name.trim(), tel: tel.trim(), place: place.trim(), near: near.trim() };
  for (const part of ['place', 'name', 'near', 'tel']) {
    while (c[part] && utf8(JSON.stringify(c)).length > CONTACT_ROOM) c[part] = [...c[part]].slice(0, -1).join('');
  }
  return c;
}

/**
 * The body of `POST box`, sealed anew to the directory of this moment, with the keys the ask has had from its start:
 * whichever of two posts the server kept, the peer who answers holds the key this phone knows.
 * A peer who left the directory since gets no copy; `ask.order` is left as it was drawn.
 */
export async function posting(ask, directory) {
  const [box, kc] = [unhex(ask.box), unhex(ask.kc)];
  const order = ask.order.filter((pid) => directory.peers.some((p) => p.pid === pid));
  const copies = {};
  for (const pid of order) {
    const { k, cap, out } = ask.keys[pid];
    const page = out ? { answered: 1 } : { k, cap, kc: hex(kc), ...ask.page, ...(pid === ask.order[0] && { first: 1 }), ...joining(ask, pid) };
    const peer = directory.peers.find((p) => p.pid === pid);
    const ct = await sealCopy(ask.programme, box, peer, page);
    copies[pid] = { cap: hex(await sha256(unhex(cap))), ct: b64(ct) };
  }
  const hc = hex(await sha256(unhex(ask.cap)));
  return JSON.stringify({ v: 1, box: ask.box, hc, order, copies, contact: ask.contact, all: ask.page.all, due: ask.due });
}

/** The words are for the one phone they came from; all others hear that somebody wanted to come in. */
const joining = ({ join }, pid) => join && { join: pid === join.pid ? join.words : 1 };

export { fitting };
