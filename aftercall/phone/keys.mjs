// A peer's keys: made on this phone, kept under a lock phrase, never sent anywhere, and gone when the phone is forgotten.

import { b64, hex, lv, random as dice, sha256, sign, str, unb64, utf8 } from './bytes.mjs';
import { vault } from './drawer.mjs';
import { SHORTEST_PHRASE, wrapper } from './lock.mjs';

const subtle = globalThis.crypto?.subtle;
const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const DH = { name: 'ECDH', namedCurve: 'P-256' };
const DAY = 86_400_000;
const KEY_DAYS = 35; // a sealing key lives five weeks
const RENEW_DAYS = 10; // and is followed by the next one this long before its end
const KEEP_DAYS = 7; // and is destroyed this long after it

/** The lock phrase was wrong, or what is kept was changed. Trying again helps only with another phrase. */
export class Locked extends Error {}

const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const shared = (tools) => ({ store: tools?.store ?? (standard ??= vault('ac1-peer')), now: tools?.now ?? Date.now, random: tools?.random ?? dice });
let standard;

async function shut(lock, name, value, random) {
  const iv = random(12);
  const box = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData: lv('ac1/kept', name) }, lock, utf8(JSON.stringify(value)));
  return { iv, box: new Uint8Array(box) };
}

async function unshut(lock, name, kept) {
  try {
    const how = { name: 'AES-GCM', iv: kept.iv, additionalData: lv('ac1/kept', name) };
    return JSON.parse(str(new Uint8Array(await subtle.decrypt(how, lock, kept.box))));
  } catch {
    throw new Locked('wrong phrase');
  }
}

const raw = async (key) => new Uint8Array(await subtle.exportKey('raw', key));
const jwk = (key) => subtle.exportKey('jwk', key);

async function makeSealing(identity, programme, pid, now) {
  const pair = await subtle.generateKey(DH, true, ['deriveBits']);
  const [kem, after] = [await raw(pair.publicKey), dayOf(now() + KEY_DAYS * DAY)];
  const sig = await sign(identity, lv('ac1/kem', programme, pid, kem, after));
  return { kem: b64(kem), after, sig: b64(sig), private: await jwk(pair.privateKey) };
}

/**
 * Makes this phone a peer's phone and gives the request for the coordinator (an object; its JSON is `request.json`).
 * `card` is `{name, profession, unit, languages, tel, signal, whatsapp}`; `programme` is the programme's id. Replaces whatever was here.
 */
export async function enrol(card, phrase, programme, tools) {
  const { store, now, random } = shared(tools);
  if (phrase.trim().length < SHORTEST_PHRASE) throw new RangeError('phrase too short');
  const pair = await subtle.generateKey(EC, true, ['sign', 'verify']);
  const idkey = await raw(pair.publicKey);
  const pid = hex(await sha256(idkey)).slice(0, 8);
  const sealing = await makeSealing(pair.privateKey, programme, pid, now);
  const text = JSON.stringify(card);
  const signedBytes = lv('ac1/enrol', programme, pid, idkey, unb64(sealing.kem), sealing.after, unb64(sealing.sig), text);
  const request = {
    v: 1, programme, pid, card: text, idkey: b64(idkey), kem: sealing.kem, kem_after: sealing.after, kem_sig: sealing.sig,
    sig: b64(await sign(pair.privateKey, signedBytes)),
  };
  const salt = random(16);
  const kept = { request, identity: await jwk(pair.privateKey), sealing: [sealing] };
  await store.set('keys', { v: 1, salt, ...(await shut(await wrapper(phrase, salt), 'keys', kept, random)) });
  return request;
}

/** Whether this phone holds a peer's keys, locked or not. */
export const enrolled = async (tools) => (await shared(tools).store.get('keys')) !== null;

/**
 * Opens the keys. Throws `Locked` for a wrong phrase. The answer holds CryptoKeys that can't be taken out again:
 * `{pid, programme, request, card, sealing: [{kem, after, sig, pair}], sign(bytes), renew(), keep(name, value), recall(name), drop(name)}`.
 */
export async function unlock(phrase, tools) {
  const { store, now, random } = shared(tools);
  const row = await store.get('keys');
  if (!row) throw new Locked('no keys here');
  const lock = await wrapper(phrase, row.salt);
  const kept = await unshut(lock, 'keys', row);
  const { programme, pid } = kept.request;
  const identity = await subtle.importKey('jwk', kept.identity, EC, false, ['sign']);
  const save = async () => store.set('keys', { ...row, ...(await shut(lock, 'keys', kept, random)) });
  const load = async (s) => {
    const kem = unb64(s.kem);
    const publicKey = await subtle.importKey('raw', kem, DH, true, []);
    return { kem, after: s.after, sig: unb64(s.sig), pair: { publicKey, privateKey: await subtle.importKey('jwk', s.private, DH, false, ['deriveBits']) } };
  };
  const dead = dayOf(now() - KEEP_DAYS * DAY);
  if (kept.sealing.some((s) => s.after < dead) && kept.sealing.some((s) => s.after >= dead)) {
    kept.sealing = kept.sealing.filter((s) => s.after >= dead);
    await save();
  }
  const keys = {
    pid, programme, request: kept.request, card: JSON.parse(kept.request.card),
    sealing: await Promise.all(kept.sealing.map(load)),
    sign: (bytes) => sign(identity, bytes),
    /** The next sealing key as `{kem, kem_after, kem_sig}` when the newest one nears its end or `always`, else null. Kept before it is told. */
    async renew(always = false) {
      if (!always && kept.sealing.at(-1).after > dayOf(now() + RENEW_DAYS * DAY)) return null;
      const next = await makeSealing(identity, programme, pid, now);
      kept.sealing.push(next);
      await save();
      keys.sealing.push(await load(next));
      return { kem: next.kem, kem_after: next.after, kem_sig: next.sig };
    },
    keep: async (name, value) => store.set(`talk.${name}`, await shut(lock, name, value, random)),
    async recall(name) {
      const there = await store.get(`talk.${name}`);
      return there && unshut(lock, name, there);
    },
    drop: (name) => store.del(`talk.${name}`),
  };
  return keys;
}

/** Forgets everything a peer's phone holds. There is no way back: a new phone is certified anew. */
export async function forget(tools) {
  const { store } = shared(tools);
  for (const name of ['keys', 'talk.open', 'talk.several', 'talk.given', 'talk.owed', 'talk.remind']) await store.del(name);
}
