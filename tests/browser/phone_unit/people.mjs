// The people of the tests: a programme with its root and steward, Grace and Peter the peers, and a clock moved by hand.

import { b64, hex, lv, sha256, sign, unb64, utf8 } from '../../../aftercall/phone/bytes.mjs';
import { memoryVault } from '../../../aftercall/phone/drawer.mjs';
import { enrol, unlock } from '../../../aftercall/phone/keys.mjs';

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
export const NOW = Date.parse('2026-11-22T19:30:00Z');
export const PROGRAMME = 'mara-2026';
export const PHRASE = 'four quiet brown hens';

export async function signer() {
  const pair = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  return { key: pair.privateKey, pub: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) };
}

/** A programme that can certify peers and sign directories. */
export async function programme(name = PROGRAMME) {
  const [root, steward] = [await signer(), await signer()];
  const certify = async (request, after = '2027-11-22') => {
    const { pid, card, idkey, kem, kem_after, kem_sig } = request;
    const cert = b64(await sign(root.key, lv('ac1/cert', name, pid, unb64(idkey), after, card)));
    return { pid, card, idkey, cert_after: after, cert, kem, kem_after, kem_sig };
  };
  const directory = async (peers, { issued = '2026-11-22T19:00:00Z', stewardAfter = '2027-02-01', work } = {}) => {
    const cert = b64(await sign(root.key, lv('ac1/steward', name, steward.pub, stewardAfter)));
    const body = JSON.stringify({
      v: 1, programme: name, name: 'Mara', issued, root: b64(root.pub), steward: { key: b64(steward.pub), not_after: stewardAfter, cert },
      duty: { tel: '+254 20 555 0142' }, lines: [], cover: '', peers, work,
    });
    return { body, sig: b64(await sign(steward.key, lv('ac1/directory', name, await sha256(utf8(body))))) };
  };
  return { name, root, steward, certify, directory };
}

export const card = (name) => ({ name, profession: 'ICU nurse', unit: 'ICU', languages: ['en', 'sw'], tel: '', signal: '', whatsapp: '' });

/** A peer's phone: its request and its opened keys. */
export async function phone(name, { now = () => NOW, programme: p = PROGRAMME } = {}) {
  const tools = { store: memoryVault(), now };
  const request = await enrol(card(name), PHRASE, p, tools);
  return { request, keys: await unlock(PHRASE, tools), tools };
}

/** A drawer that lives in memory, with what it holds in sight. */
export function drawer() {
  const held = new Map();
  return {
    held,
    get: (k) => (held.has(k) ? JSON.parse(held.get(k)) : null),
    set: (k, v) => void held.set(k, JSON.stringify(v)),
    del: (k) => void held.delete(k),
  };
}

export { b64, hex, lv, sha256, sign, unb64, utf8 };
