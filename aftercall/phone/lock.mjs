// A lock phrase becomes a key that can't be taken out again. It stands within the frame of the questions as well, and so needs nothing else of ours.

const ROUNDS = 600_000;

export const SHORTEST_PHRASE = 8;

/** The AES key of this phrase and this salt: half a second to some seconds of work, on purpose. */
export async function wrapper(phrase, salt) {
  const { subtle } = globalThis.crypto;
  const base = await subtle.importKey('raw', new TextEncoder().encode(phrase.normalize('NFKC').trim()), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS };
  return subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}
