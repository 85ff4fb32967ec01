// Bytes in and out: how we frame, pad, print and hash them, the same on every phone and on the server.

const subtle = globalThis.crypto?.subtle;
const text = new TextEncoder();
const plain = new TextDecoder('utf-8', { fatal: true });

export const random = (n) => globalThis.crypto.getRandomValues(new Uint8Array(n));
export const utf8 = (s) => text.encode(s);
export const str = (bytes) => plain.decode(bytes);

export function cat(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Each part behind its length, so that no two lists of parts make the same bytes. Strings are taken as UTF-8. */
export function lv(...parts) {
  return cat(...parts.flatMap((p) => {
    const b = typeof p === 'string' ? utf8(p) : p;
    if (b.length > 65535) throw new RangeError('a part is longer than 65535 bytes');
    return [Uint8Array.of(b.length >> 8, b.length & 255), b];
  }));
}

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

export function unhex(s) {
  if (typeof s !== 'string' || !/^([0-9a-f]{2})*$/.test(s)) throw new TypeError('not lower-case hex');
  return Uint8Array.from(s.match(/../g) ?? [], (h) => parseInt(h, 16));
}

export function b64(bytes) {
  let s = '';
  for (const b of bytes) s += String.fromCharCode(b);
  return btoa(s);
}

/** Strict: what does not come back as the same text is refused, so that one thing never has two spellings. */
export function unb64(s) {
  const out = Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
  if (b64(out) !== s) throw new TypeError('not standard base64');
  return out;
}

/** Length, bytes, zeros up to `size`. Throws RangeError when it does not fit. */
export function pad(bytes, size) {
  if (bytes.length + 2 > size) throw new RangeError('too long');
  return cat(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes, new Uint8Array(size - 2 - bytes.length));
}

export function unpad(bytes) {
  const n = (bytes[0] << 8) | bytes[1];
  if (!(n + 2 <= bytes.length)) throw new RangeError('bad padding');
  return bytes.slice(2, 2 + n);
}

export const be32 = (n) => Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
export const sha256 = async (bytes) => new Uint8Array(await subtle.digest('SHA-256', bytes));

export async function hkdf(key, salt, info, n) {
  const k = await subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8(info) }, k, n * 8));
}

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';

/** Bytes as words of five letters that can be said aloud in any language (proquints): 16 bits a word. */
export function spoken(bytes) {
  const words = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const n = (bytes[i] << 8) | bytes[i + 1];
    words.push(CONSONANTS[n >> 12] + VOWELS[(n >> 10) & 3] + CONSONANTS[(n >> 6) & 15] + VOWELS[(n >> 4) & 3] + CONSONANTS[n & 15]);
  }
  return words.join('-');
}

/** The six words of a programme's root key, as they stand on the poster. */
export const printOf = async (root) => spoken((await sha256(root)).slice(0, 12));

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGN = { name: 'ECDSA', hash: 'SHA-256' };

export const sign = async (key, bytes) => new Uint8Array(await subtle.sign(SIGN, key, bytes));

/** True only when `signature` over `bytes` is by `publicKey` (65 bytes). Never throws: a broken key signs nothing. */
export async function signed(publicKey, signature, bytes) {
  try {
    const key = await subtle.importKey('raw', publicKey, EC, false, ['verify']);
    return await subtle.verify(SIGN, key, signature, bytes);
  } catch {
    return false;
  }
}
