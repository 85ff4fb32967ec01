// What somebody chose to keep of their checks: one block of one size, however often and however much, which only their phrase opens.

import { wrapper } from './lock.mjs';

const SALT = 16;
const HEAD = SALT + 12; // and what AES-GCM needs to be told
const ROOM = 4096; // some sixty checks; then the oldest give way
const NAME = new TextEncoder().encode('ac1/checks');
const dice = (n) => globalThis.crypto.getRandomValues(new Uint8Array(n));
const how = (iv) => ({ name: 'AES-GCM', iv, additionalData: NAME });

/** A block as it is kept: so many characters of base64, filled to the last. */
export const BLOCK = ((HEAD + ROOM + 16) / 3) * 4;

/** A new lock, `{salt, key}`. */
export async function locked(phrase, salt = dice(SALT)) {
  return { salt, key: await wrapper(phrase, salt) };
}

/** The lock that this block has, if the phrase is its own. */
export const lockOf = (phrase, block) => locked(phrase, bytesOf(block).slice(0, SALT));

const bytesOf = (block) => Uint8Array.from(atob(block), (c) => c.charCodeAt(0));

/** Rows, oldest first, each `[day, level, colour or null, [[called, total, of]]]`: figures and names in ASCII, so that a character is a byte. */
export async function sealed({ salt, key }, rows) {
  const kept = [...rows];
  while (JSON.stringify(kept).length > ROOM) kept.shift();
  const iv = dice(HEAD - SALT);
  const text = new TextEncoder().encode(JSON.stringify(kept).padEnd(ROOM));
  const hidden = new Uint8Array(await globalThis.crypto.subtle.encrypt(how(iv), key, text));
  return btoa(String.fromCharCode(...salt, ...iv, ...hidden));
}

/** The rows in a block; throws when the lock is another's, or the block was changed. */
export async function unsealed({ key }, block) {
  const bytes = bytesOf(block);
  const text = await globalThis.crypto.subtle.decrypt(how(bytes.slice(SALT, HEAD)), key, bytes.slice(HEAD));
  return JSON.parse(new TextDecoder().decode(text));
}
