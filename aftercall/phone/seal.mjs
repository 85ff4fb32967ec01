// Only the colleague who answers can open what is written here: page copies, the contact block, letters, the six words.

import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from './vendor/hpke.mjs';
import { be32, cat, hkdf, lv, pad, random as dice, sha256, spoken, str, unhex, unpad, utf8 } from './bytes.mjs';

const subtle = globalThis.crypto?.subtle;
const PAGE = 1024;
const CONTACT = 256;
const LETTER = [256, 1024, 4096];

export const COPY_BYTES = 65 + PAGE + 16;
export const CONTACT_BYTES = 12 + CONTACT + 16;
export const LETTER_BYTES = LETTER.map((n) => 4 + 12 + n + 16);
/** The longest letter, in bytes of UTF-8. */
export const LONGEST = LETTER[2] - 2;

const suite = () => new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** A letter whose number was had before. Nothing is wrong with it; it is just not shown twice. */
export class Repeated extends RangeError {}

/** What a page copy is bound to: this programme, this box, this peer, this key of theirs. Moved anywhere else it does not open. */
export const pageInfo = async (programme, box, pid, kem) =>
  lv('ac1/page', programme, box, pid, (await sha256(kem)).slice(0, 8));

/** One sealed copy of `page` (an object) for one peer `{pid, kem}`: always 1105 bytes. */
export async function sealCopy(programme, box, peer, page) {
  const s = suite();
  const recipientPublicKey = await s.kem.deserializePublicKey(peer.kem.slice().buffer);
  const info = (await pageInfo(programme, box, peer.pid, peer.kem)).buffer;
  const { ct, enc } = await s.seal({ recipientPublicKey, info }, pad(utf8(JSON.stringify(page)), PAGE).buffer);
  return cat(new Uint8Array(enc), new Uint8Array(ct));
}

/** The page in a copy. `key` is `{kem, pair}`: the sealing key's 65 public bytes and its CryptoKeyPair. Throws when it is not for us. */
export async function openCopy(programme, box, pid, key, copy) {
  if (copy.length !== COPY_BYTES) throw new RangeError('a copy has 1105 bytes');
  const info = (await pageInfo(programme, box, pid, key.kem)).buffer;
  const open = { recipientKey: key.pair, enc: copy.slice(0, 65).buffer, info };
  return JSON.parse(str(unpad(new Uint8Array(await suite().open(open, copy.slice(65).buffer)))));
}

async function gcm(key, use, iv, additionalData, bytes) {
  const k = await subtle.importKey('raw', key, 'AES-GCM', false, [use]);
  return new Uint8Array(await subtle[use]({ name: 'AES-GCM', iv, additionalData }, k, bytes));
}

/** Name, number, place and who is to be called for them (`near`), apart from the page: the server gives these to the one peer who answers. Always 284 bytes, empty or not. */
export async function sealContact(programme, box, kc, { name = '', tel = '', place = '', near = '' }, random = dice) {
  const nonce = random(12);
  const bytes = pad(utf8(JSON.stringify({ name, tel, place, near })), CONTACT);
  return cat(nonce, await gcm(kc, 'encrypt', nonce, lv('ac1/contact', programme, box), bytes));
}

export async function openContact(programme, box, kc, bytes) {
  if (bytes.length !== CONTACT_BYTES) throw new RangeError('a contact block has 284 bytes');
  const open = await gcm(kc, 'decrypt', bytes.slice(0, 12), lv('ac1/contact', programme, box), bytes.slice(12));
  return JSON.parse(str(unpad(open)));
}

/** The six words both phones show, if two people want to know that nobody stands between them. */
export const words = async (k, box) => spoken(await hkdf(k, box, 'ac1/words', 12));

export const ASKER = { send: 'c2p', read: 'p2c' };
export const PEER = { send: 'p2c', read: 'c2p' };

/**
 * The letters of one talk, seen from one side (`ASKER` or `PEER`). `k` and `box` are hex.
 * The caller keeps the numbers: `seal(seq, text)` gives the bytes, `open(bytes, seen)` gives `{seq, text, missing}`
 * and refuses a number at or below `seen` (a replay) and anything that was not sealed for this box and this direction.
 */
export async function letters(programme, box, k, side, random = dice) {
  const id = unhex(box);
  const key = (way) => hkdf(unhex(k), id, `ac1/msg/${way}`, 32);
  const [mine, theirs] = [await key(side.send), await key(side.read)];
  const bound = (way, head) => lv('ac1/msg', programme, id, way, head);
  return {
    async seal(seq, text) {
      const bytes = utf8(text);
      const size = LETTER.find((n) => bytes.length + 2 <= n);
      if (!size) throw new RangeError('too long');
      const [head, nonce] = [be32(seq), random(12)];
      return cat(head, nonce, await gcm(mine, 'encrypt', nonce, bound(side.send, head), pad(bytes, size)));
    },
    async open(wire, seen) {
      if (!LETTER_BYTES.includes(wire.length)) throw new RangeError('not a letter');
      const head = wire.slice(0, 4);
      const seq = new DataView(head.buffer).getUint32(0);
      if (seq <= seen) throw new Repeated('had that letter');
      const open = await gcm(theirs, 'decrypt', wire.slice(4, 16), bound(side.read, head), wire.slice(16));
      return { seq, text: str(unpad(open)), missing: seq > seen + 1 };
    },
  };
}
