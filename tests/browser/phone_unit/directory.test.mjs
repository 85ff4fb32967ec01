// A directory that was touched anywhere is not used, and a phone is never led back to an older one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { check, fetchDirectory, tidyCode } from '../../../aftercall/phone/directory.mjs';
import { Refused, Unreached } from '../../../aftercall/phone/net.mjs';
import { printOf } from '../../../aftercall/phone/bytes.mjs';
import { NOW, b64, card, drawer, lv, phone, programme, sha256, sign, signer, utf8 } from './people.mjs';

const mara = await programme();
const grace = await phone('Grace');
const peter = await phone('Peter');
const lines = [await mara.certify(grace.request), await mara.certify(peter.request)];
const names = (d) => d.peers.map((p) => p.card.name);
const refuses = (promise, word) => assert.rejects(promise, (e) => e.word === word);

test('a true directory shows its peers, and the print of its root', async () => {
  const d = await check(await mara.directory(lines), null, NOW, await printOf(mara.root.pub));
  assert.deepEqual(names(d), ['Grace', 'Peter']);
  assert.equal(d.programme, 'mara-2026');
});

test('a peer whose key was swapped, whose card was renamed, or whom another root certified is passed over', async () => {
  const evil = await programme();
  const swapped = { ...lines[0], kem: b64((await signer()).pub) };
  const renamed = { ...lines[0], card: JSON.stringify(card('Somebody else')) };
  const foreign = await evil.certify(grace.request);
  const moved = { ...lines[0], pid: peter.request.pid };
  for (const bad of [swapped, renamed, foreign, moved, { pid: 7 }, null]) {
    assert.deepEqual(names(await check(await mara.directory([bad, lines[1]]), null, NOW)), ['Peter']);
  }
  assert.deepEqual(names(await check(await mara.directory([lines[0], lines[0]]), null, NOW)), ['Grace']);
});

test('a peer whose certificate or sealing key has run out is passed over; the last day is still good', async () => {
  const old = await mara.certify(grace.request, '2026-11-21');
  const last = await mara.certify(grace.request, '2026-11-22');
  assert.deepEqual(names(await check(await mara.directory([old]), null, NOW)), []);
  assert.deepEqual(names(await check(await mara.directory([last]), null, NOW)), ['Grace']);
  const later = NOW + 36 * 86_400_000;
  assert.deepEqual(names(await check(await mara.directory(lines), null, later)), []);
});

test('the later of both clocks judges: a phone set back is not fed a dead key', async () => {
  const old = await mara.certify(grace.request, '2026-11-21');
  assert.deepEqual(names(await check(await mara.directory([old]), null, NOW - 400 * 86_400_000)), []);
});

test('a body changed after signing, a foreign steward and a steward run out are refused', async () => {
  const d = await mara.directory(lines);
  await refuses(check({ ...d, body: d.body.replace('0142', '0666') }, null, NOW), 'signature');
  const evil = await programme();
  const theirs = JSON.parse((await evil.directory([])).body);
  const body = JSON.stringify({ ...JSON.parse(d.body), steward: theirs.steward });
  const sig = b64(await sign(evil.steward.key, lv('ac1/directory', mara.name, await sha256(utf8(body)))));
  await refuses(check({ body, sig }, null, NOW), 'steward');
  await refuses(check(await mara.directory(lines, { stewardAfter: '2026-11-21' }), null, NOW), 'steward');
});

test('another root than the pinned one, or than the one printed on the page, is refused', async () => {
  const evil = await programme();
  const theirs = await evil.directory([await evil.certify(grace.request)]);
  await refuses(check(theirs, { root: b64(mara.root.pub), issued: '2026-11-22T19:00:00Z' }, NOW), 'root');
  await refuses(check(theirs, null, NOW, await printOf(mara.root.pub)), 'root');
});

test('an older directory than one seen before is refused', async () => {
  const known = { root: b64(mara.root.pub), issued: '2026-11-22T19:00:01Z' };
  await refuses(check(await mara.directory(lines), known, NOW), 'old');
});

function server(answers) {
  const heads = [];
  return { heads, call: async (_m, _p, { head }) => (heads.push(head), answers.shift()()) };
}
const good = (d) => () => ({ status: 200, json: d, etag: '"1"' });
const fails = (error) => () => {
  throw error;
};

test('fetching pins the root, keeps the date, asks with the ETag, and serves the kept one when nobody answers', async () => {
  const keep = drawer();
  const net = server([good(await mara.directory(lines)), () => ({ status: 304, json: null, etag: null }), fails(new Unreached('x'))]);
  const get = () => fetchDirectory({ net, code: 'a-b-c-d', keep, now: () => NOW });
  for (let i = 0; i < 3; i++) assert.deepEqual(names(await get()), ['Grace', 'Peter']);
  assert.deepEqual(net.heads.map((h) => h['If-None-Match']), [undefined, '"1"', '"1"']);
  assert.equal(keep.get('ac1.root').issued, '2026-11-22T19:00:00Z');
});

test('a refused directory changes nothing that was kept; a wrong code and a dead line are told apart', async () => {
  const keep = drawer();
  const evil = await programme();
  const get = (answer) => fetchDirectory({ net: server([answer]), code: 'a-b-c-d', keep, now: () => NOW });
  await refuses(get(fails(new Refused(403, 'code'))), 'code');
  await refuses(get(fails(new Unreached('x'))), 'net');
  await get(good(await mara.directory(lines)));
  const before = JSON.stringify([...keep.held]);
  await refuses(get(good(await evil.directory([]))), 'root');
  assert.equal(JSON.stringify([...keep.held]), before);
});

test('four words are tidied however they are typed', () => {
  assert.equal(tidyCode('  Lamp river, STONE cup '), 'lamp-river-stone-cup');
  assert.equal(tidyCode('lamp-river-stone'), '');
});
