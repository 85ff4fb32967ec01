// Only the one who answers can read it, and every size is one of a few.

import assert from 'node:assert/strict';
import test from 'node:test';
import { hex, lv, pad, random, spoken, unb64, unhex, unpad, utf8 } from '../../../aftercall/phone/bytes.mjs';
import { ASKER, COPY_BYTES, PEER, letters, openContact, openCopy, sealContact, sealCopy, words } from '../../../aftercall/phone/seal.mjs';
import { PROGRAMME, phone } from './people.mjs';

const grace = await phone('Grace');
const peter = await phone('Peter');
const peerOf = ({ keys }) => ({ pid: keys.pid, kem: keys.sealing[0].kem });
const page = { k: '00', cap: '11', lang: 'sw' };

test('a copy has 1105 bytes whatever it says, and opens for its peer alone', async () => {
  const box = random(16);
  const copy = await sealCopy(PROGRAMME, box, peerOf(grace), page);
  const dummy = await sealCopy(PROGRAMME, box, peerOf(grace), { answered: 1 });
  assert.equal(copy.length, 1105);
  assert.equal(dummy.length, COPY_BYTES);
  assert.deepEqual(await openCopy(PROGRAMME, box, grace.keys.pid, grace.keys.sealing[0], copy), page);
  await assert.rejects(openCopy(PROGRAMME, box, grace.keys.pid, peter.keys.sealing[0], copy));
});

test('a copy moved to another box, peer or programme does not open', async () => {
  const box = random(16);
  const copy = await sealCopy(PROGRAMME, box, peerOf(grace), page);
  const key = grace.keys.sealing[0];
  await assert.rejects(openCopy(PROGRAMME, random(16), grace.keys.pid, key, copy));
  await assert.rejects(openCopy(PROGRAMME, box, peter.keys.pid, key, copy));
  await assert.rejects(openCopy('another', box, grace.keys.pid, key, copy));
  copy[500] ^= 1;
  await assert.rejects(openCopy(PROGRAMME, box, grace.keys.pid, key, copy));
});

test('the contact block has 284 bytes, empty or not, and is bound to its box', async () => {
  const [box, kc] = [random(16), random(32)];
  const full = await sealContact(PROGRAMME, box, kc, { name: 'Amina', tel: '0712345678', place: 'Resus', near: 'Otieno, 0700' });
  const empty = await sealContact(PROGRAMME, box, kc, {});
  assert.deepEqual([full.length, empty.length], [284, 284]);
  assert.deepEqual(await openContact(PROGRAMME, box, kc, full), { name: 'Amina', tel: '0712345678', place: 'Resus', near: 'Otieno, 0700' });
  await assert.rejects(openContact(PROGRAMME, random(16), kc, full));
});

async function talk(box = hex(random(16)), k = hex(random(32))) {
  return { asker: await letters(PROGRAMME, box, k, ASKER), peer: await letters(PROGRAMME, box, k, PEER), box, k };
}

test('letters have three sizes and no fourth', async () => {
  const { asker } = await talk();
  const sizes = new Set();
  for (const n of [0, 1, 254, 255, 1022, 1023, 4094]) sizes.add((await asker.seal(1, 'x'.repeat(n))).length);
  assert.deepEqual([...sizes], [288, 1056, 4128]);
  await assert.rejects(asker.seal(1, 'x'.repeat(4095)), RangeError);
});

test('a letter that was changed, sent twice, sent back or moved is refused, and a missing one is noticed', async () => {
  const { asker, peer } = await talk();
  const [one, two, four] = [await asker.seal(1, 'one'), await asker.seal(2, 'two'), await asker.seal(4, 'four')];
  assert.deepEqual(await peer.open(one, 0), { seq: 1, text: 'one', missing: false });
  await assert.rejects(peer.open(one, 1), /had that letter/); // replay
  await assert.rejects(peer.open(one, 2), /had that letter/); // reorder
  await assert.rejects(asker.open(two, 1)); // reflected to its writer
  assert.equal((await peer.open(four, 2)).missing, true);
  const other = await talk();
  await assert.rejects(other.peer.open(one, 0)); // another box, another key
  const tampered = two.slice();
  tampered[100] ^= 1;
  await assert.rejects(peer.open(tampered, 1));
  const renumbered = two.slice();
  renumbered[3] = 9;
  await assert.rejects(peer.open(renumbered, 1));
});

test('the same key in another box opens nothing', async () => {
  const a = await talk();
  const b = await talk(undefined, a.k);
  await assert.rejects(b.peer.open(await a.asker.seal(1, 'x'), 0));
});

test('both phones show the same six words, and other boxes other words', async () => {
  const [k, box] = [random(32), random(16)];
  assert.equal(await words(k, box), await words(k, box));
  assert.match(await words(k, box), /^[bdfghjklmnprstvzaiou]{5}(-[bdfghjklmnprstvzaiou]{5}){5}$/);
  assert.notEqual(await words(k, box), await words(k, random(16)));
});

test('words are proquints as their author wrote them', () => {
  assert.equal(spoken(unhex('7f000001')), 'lusab-babad'); // 127.0.0.1
  assert.equal(spoken(unhex('3f54dcc1')), 'gutih-tugad'); // 63.84.220.193
});

test('framing can not be read in two ways, padding comes off as it went on', () => {
  assert.notDeepEqual(lv('ab', 'c'), lv('a', 'bc'));
  assert.deepEqual(unpad(pad(utf8('hé'), 256)), utf8('hé'));
  assert.throws(() => unpad(unhex('ffff00')), RangeError);
  assert.throws(() => unb64('AA=A'));
  assert.throws(() => unb64('AB==')); // a second spelling of AA==
  assert.throws(() => unhex('AB'));
});
