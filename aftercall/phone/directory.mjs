// The signed list of peers: every line of it is checked on this phone, and what does not hold is not used.

import { hex, lv, printOf, sha256, signed, unb64, utf8 } from './bytes.mjs';
import { Refused } from './net.mjs';

/** The directory can't be trusted or had. `word`: 'code' (ask for the code again), 'net' (try again), or what did not hold. In each case the page shows the numbers. */
export class NoDirectory extends Error {
  constructor(word) {
    super(word);
    this.word = word;
  }
}

const refuse = (word) => {
  throw new NoDirectory(word);
};
const HARDEST = 20; // no list makes this phone work for a quarter of an hour
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);

/**
 * Checks a directory `{body, sig}` against what this phone knows: `known` is `{root, issued}` or null at first use.
 * Returns `{programme, name, issued, root, print, duty, lines, cover, gaps, peers, work}` with only those peers whose certificate and key hold;
 * a peer is `{pid, card, kem}`, the card parsed. Throws `NoDirectory`.
 */
export async function check({ body, sig }, known, now, rootPrint = '') {
  let d;
  try {
    d = JSON.parse(body);
  } catch {
    refuse('body');
  }
  const [root, steward, issued] = [bytes(d.root), bytes(d.steward?.key), Date.parse(d.issued)];
  if (d.v !== 1 || !Number.isFinite(issued) || typeof d.programme !== 'string') refuse('body');
  if (known?.root && known.root !== d.root) refuse('root');
  const print = await printOf(root);
  if (rootPrint && print !== rootPrint) refuse('root');
  if (known?.issued && issued < Date.parse(known.issued)) refuse('old');
  // The later of both clocks: a phone whose clock is behind can't be fed a dead key.
  const today = dayOf(Math.max(now, issued, known?.issued ? Date.parse(known.issued) : 0));
  const says = lv('ac1/steward', d.programme, steward, String(d.steward.not_after));
  if (!(await signed(root, bytes(d.steward.cert), says))) refuse('steward');
  if (!(today <= String(d.steward.not_after))) refuse('steward');
  const whole = lv('ac1/directory', d.programme, await sha256(utf8(body)));
  if (!(await signed(steward, bytes(sig), whole))) refuse('signature');
  const peers = [];
  for (const entry of Array.isArray(d.peers) ? d.peers : []) {
    const peer = await checkPeer(entry, root, d.programme, today);
    if (peer && !peers.some((p) => p.pid === peer.pid)) peers.push(peer);
  }
  const { programme, name, duty, lines, cover } = d;
  const gaps = (Array.isArray(d.gaps) ? d.gaps : []).map(([from, to]) => [Date.parse(from), Date.parse(to)]);
  const work = Number.isInteger(d.work) && d.work > 0 && d.work <= HARDEST ? d.work : 0;
  return { programme, name, issued: d.issued, root: d.root, print, duty, lines, cover, gaps, peers, work };
}

async function checkPeer(e, root, programme, today) {
  try {
    const [idkey, kem] = [unb64(e.idkey), unb64(e.kem)];
    if (e.pid !== hex(await sha256(idkey)).slice(0, 8) || !/^[0-9a-f]{8}$/.test(e.pid)) return null;
    if (!(today <= e.cert_after && today <= e.kem_after)) return null;
    if (!(await signed(root, unb64(e.cert), lv('ac1/cert', programme, e.pid, idkey, e.cert_after, e.card)))) return null;
    if (!(await signed(idkey, unb64(e.kem_sig), lv('ac1/kem', programme, e.pid, kem, e.kem_after)))) return null;
    return { pid: e.pid, card: JSON.parse(e.card), kem };
  } catch {
    return null; // a line that can't be read is a line that does not hold
  }
}

function bytes(text) {
  try {
    return unb64(text);
  } catch {
    return refuse('body');
  }
}

/**
 * Fetches the directory with the staff code, checks it, pins its root and remembers the highest `issued`.
 * `keep` is a drawer. When the server can't be reached the last good one serves, checked anew.
 */
export async function fetchDirectory({ net, code, keep, now = Date.now, rootPrint = '' }) {
  const kept = keep.get('ac1.dir');
  const known = keep.get('ac1.root');
  let fresh;
  try {
    const head = { 'X-Code': code, ...(kept?.etag && { 'If-None-Match': kept.etag }) };
    const answer = await net.call('GET', 'directory', { head });
    fresh = answer.status === 304 ? kept : { body: answer.json.body, sig: answer.json.sig, etag: answer.etag };
  } catch (error) {
    if (error instanceof Refused) throw new NoDirectory(error.status === 403 ? 'code' : 'net');
    if (!kept) throw new NoDirectory('net');
    fresh = kept;
  }
  const directory = await check(fresh, known, now(), rootPrint);
  keep.set('ac1.root', { root: directory.root, issued: directory.issued });
  keep.set('ac1.dir', fresh);
  return directory;
}

/** A staff code as typed, in the one way we send it: lower case, joined by '-'. Empty when it can't be one. */
export function tidyCode(typed) {
  const words = String(typed ?? '').normalize('NFKC').toLowerCase().trim().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words.length === 4 ? words.join('-') : '';
}
