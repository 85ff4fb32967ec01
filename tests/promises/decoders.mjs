// What the page opens, it opens as the server does, and nothing else: bytes come in from test_decoders.py, and what was made of them goes out.

import { readFileSync, writeFileSync } from 'node:fs';
import { phone } from './mara.mjs';

const { hex, unb64, unhex, unpad } = await phone('bytes');
const { ASKER, letters, openContact, openCopy } = await phone('seal');
const given = JSON.parse(readFileSync(process.env.GIVEN, 'utf-8'));

/** What came of it as text; null where it was refused. Whatever is thrown is a refusal, but it must be an Error. */
async function tried(make) {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof Error) && !(error instanceof DOMException)) throw error;
    return null;
  }
}

const b64 = await Promise.all(given.b64.map((text) => tried(() => hex(unb64(text)))));
const unpadded = await Promise.all(given.padded.map((text) => tried(() => hex(unpad(unhex(text))))));

const { programme, box, pid, k, kc, kem, jwk } = given.at;
const P256 = { name: 'ECDH', namedCurve: 'P-256' };
const privateKey = await crypto.subtle.importKey('jwk', jwk, P256, true, ['deriveBits']);
const publicKey = await crypto.subtle.importKey('raw', unhex(kem), P256, true, []);
const key = { kem: unhex(kem), pair: { privateKey, publicKey } };
const talk = await letters(programme, box, k, ASKER);
const opens = {
  copy: (bytes) => openCopy(programme, unhex(box), pid, key, bytes).then((page) => page.handle),
  contact: (bytes) => openContact(programme, unhex(box), unhex(kc), bytes).then((block) => block.name),
  letter: (bytes) => talk.open(bytes, 0).then((letter) => letter.text),
};
const opened = {};
for (const [kind, all] of Object.entries(given.sealed)) {
  opened[kind] = await Promise.all(all.map((bytes) => tried(() => opens[kind](unhex(bytes)))));
}
writeFileSync(process.env.MADE, JSON.stringify({ b64, unpadded, opened }));
