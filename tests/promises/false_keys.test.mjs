// A false peer key is refused: the browser's phones against a server that lies.

import assert from 'node:assert/strict';
import test from 'node:test';
import { NOW, PROGRAMME, Programme, phone } from './mara.mjs';

const { b64, hex, random } = await phone('bytes');
const { check } = await phone('directory');
const { ASKER, PEER, letters, openContact, openCopy, sealContact, sealCopy } = await phone('seal');

const [mara, evil] = [await Programme.of('Grace', 'Peter'), await Programme.of('Grace')];
const { Grace: grace, Peter: peter } = mara.entries;
const theirs = evil.entries.Grace;
const known = { root: b64(mara.root.pub), issued: '2026-11-22T19:00:00Z' };
const believed = async (list, now = NOW, print = mara.print) => (await check(list, known, now, print)).peers.map((p) => p.card.name).sort();

test('a true list is believed', async () => {
  assert.deepEqual(await believed(await mara.list([grace, peter])), ['Grace', 'Peter']);
});

const touched = {
  'a sealing key of the liar': { ...grace, kem: theirs.kem },
  'a sealing key that the liar signed': { ...grace, kem: theirs.kem, kem_sig: theirs.kem_sig },
  'a whole peer of another root': theirs,
  "another's identity under her number": { ...theirs, pid: grace.pid },
  'another name on her card': { ...grace, card: grace.card.replace('Grace', 'Grave') },
  'another number for her': { ...grace, pid: '00000000' },
  'a longer certificate': { ...grace, cert_after: '2036-01-01' },
  'a longer life for her key': { ...grace, kem_after: '2036-01-01' },
  'a certificate that has ended': await mara.admit('Old', '2026-11-21'),
  'a key that has ended': await mara.admit('Stale', '2027-11-22', '2026-11-21'),
  "Peter's key and its signature": { ...grace, kem: peter.kem, kem_sig: peter.kem_sig },
  'no signature': { ...grace, cert: '', kem_sig: '' },
  'members that are no text': { ...grace, pid: 7, kem: null, cert_after: [] },
};
for (const [what, entry] of Object.entries(touched)) {
  test(`nothing is sealed to ${what}`, async () => {
    assert.deepEqual(await believed(await mara.list([entry, peter])), ['Peter']);
  });
}

const refused = {
  'a list of another root': [await evil.list([theirs]), 'root'],
  'a steward of another root': [await mara.list([grace], { steward: { ...evil.steward, root: mara.root.pub } }), 'steward'],
  'a steward whose year is over': [await mara.list([grace], { steward: await mara.makeSteward('2026-11-21') }), 'steward'],
  'a list that was changed after it was signed': [await mara.list([grace]).then((l) => ({ ...l, body: l.body.replace('099', '666') })), 'signature'],
  'an older list': [await mara.list([grace], { issued: '2026-11-22T18:59:59Z' }), 'old'],
};
for (const [what, [list, word]] of Object.entries(refused)) {
  test(`nothing is believed of ${what}`, async () => {
    await assert.rejects(believed(list), (e) => e.word === word);
  });
}

test('the print on the page unmasks another root at first use', async () => {
  await assert.rejects(check(await evil.list([theirs]), null, NOW, mara.print), (e) => e.word === 'root');
});

test('a phone whose clock is set back is not fed a dead key', async () => {
  assert.deepEqual(await believed(await mara.list([touched['a key that has ended'], peter]), Date.parse('2020-01-01')), ['Peter']);
});

const bend = (bytes, at) => Uint8Array.from(bytes, (b, i) => (i === at ? b ^ 1 : b));

test('a copy opens for its peer and its box and nowhere else', async () => {
  const [box, g, p] = [random(16), mara.keys.Grace, mara.keys.Peter];
  const copy = await sealCopy(PROGRAMME, box, g, { k: '00' });
  assert.deepEqual(await openCopy(PROGRAMME, box, g.pid, g, copy), { k: '00' });
  await assert.rejects(openCopy(PROGRAMME, random(16), g.pid, g, copy));
  await assert.rejects(openCopy(PROGRAMME, box, p.pid, p, copy));
  await assert.rejects(openCopy(PROGRAMME, box, p.pid, g, copy));
  await assert.rejects(openCopy('other', box, g.pid, g, copy));
  for (const at of [0, 64, 65, 700, 1104]) await assert.rejects(openCopy(PROGRAMME, box, g.pid, g, bend(copy, at)));
});

test('a contact block opens in its own box alone', async () => {
  const [box, kc] = [random(16), random(32)];
  const block = await sealContact(PROGRAMME, box, kc, { name: 'Amina' });
  assert.equal((await openContact(PROGRAMME, box, kc, block)).name, 'Amina');
  await assert.rejects(openContact(PROGRAMME, random(16), kc, block));
  await assert.rejects(openContact(PROGRAMME, box, random(32), block));
  await assert.rejects(openContact(PROGRAMME, box, kc, bend(block, 99)));
});

const [BOX, K] = [hex(random(16)), hex(random(32))];
const of = async (side, box = BOX, k = K) => letters(PROGRAMME, box, k, side);

test('a letter that was replayed, reordered, reflected, moved or bent is not shown', async () => {
  const [amina, her] = [await of(ASKER), await of(PEER)];
  const [one, two, four] = [await amina.seal(1, 'one'), await amina.seal(2, 'two'), await amina.seal(4, 'four')];
  assert.equal((await her.open(one, 0)).text, 'one');
  await assert.rejects(her.open(one, 1)); // replayed
  await assert.rejects(her.open(two, 4)); // reordered
  assert.equal((await her.open(four, 2)).missing, true); // one was kept back
  await assert.rejects(amina.open(two, 0)); // reflected
  await assert.rejects((await of(PEER, hex(random(16)))).open(one, 0)); // another box
  await assert.rejects((await of(PEER, BOX, hex(random(32)))).open(one, 0)); // another key
  for (const at of [3, 8, 100, 287]) await assert.rejects(her.open(bend(one, at), 0)); // number, nonce, text, tag
  await assert.rejects(her.open(one.slice(0, 200), 0));
});
