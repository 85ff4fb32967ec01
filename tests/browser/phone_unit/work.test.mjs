// The work for an ask is what everybody's SHA-256 says it is, is bound to its box, and is done once.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { be32, lv, unhex } from '../../../aftercall/phone/bytes.mjs';
import { Care } from '../../../aftercall/phone/care.mjs';
import { check } from '../../../aftercall/phone/directory.mjs';
import { Refused } from '../../../aftercall/phone/net.mjs';
import { work } from '../../../aftercall/phone/work.mjs';
import { NOW, drawer, phone, programme } from './people.mjs';

const BITS = 9;
const sha = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
const zeros = (programmeId, box, done) => {
  const seed = sha(lv('ac1/work', programmeId, unhex(box)));
  return unhex(done).length === 64 ? done.match(/.{8}/g).map((n, i) => Math.clz32(sha(seed, be32(i), unhex(n)).readUInt32BE(0))) : [];
};

test('sixteen numbers, each with a hash that begins with so many zeros, for this box alone', async () => {
  const box = '00112233445566778899aabbccddeeff';
  const done = await work('kisumu', box, BITS);
  assert.equal(zeros('kisumu', box, done).length, 16);
  assert.ok(zeros('kisumu', box, done).every((n) => n >= BITS));
  assert.ok(zeros('kisumu', box.replace('0', '1'), done).some((n) => n < BITS));
  assert.ok(zeros('nairobi', box, done).some((n) => n < BITS));
});

test('a list says how much, and none makes a phone work for ever', async () => {
  const mara = await programme();
  const grace = await phone('Grace');
  const listed = async (more) => (await check(await mara.directory([await mara.certify(grace.request)], more), null, NOW)).work;
  assert.deepEqual([await listed({}), await listed({ work: 13 }), await listed({ work: 21 }), await listed({ work: 'x' })], [0, 13, 0, 0]);
});

test('it is done once for an ask, goes with every post of it, and a phone that can not shows the number', async () => {
  const mara = await programme();
  const directory = { ...(await check(await mara.directory([await mara.certify((await phone('Grace')).request)]), null, NOW)), work: BITS };
  const sent = [];
  const said = [];
  const answers = [new TypeError('no network'), new Refused(403, 'work', 'Call, please.')];
  const net = { call: async (method, path, { head }) => (sent.push(head['X-Work']), Promise.reject(answers.shift())) };
  const care = new Care({ net, keep: drawer(), code: () => 'a-b-c-d', directory: async () => directory, tell: (w, m) => said.push([w, m]), now: () => NOW });
  const asked = care.ask({ lang: 'en', chan: 'letters', all: false, wish: '', out: [], contact: {} }, directory);
  while (!sent.length) await new Promise((r) => setTimeout(r, 5));
  const { row } = care;
  care.nudge();
  await asked;
  assert.equal(sent.length, 2);
  assert.equal(sent[0], sent[1]);
  assert.ok(zeros(directory.programme, row.box, sent[0]).every((n) => n >= BITS));
  assert.deepEqual(said.at(-1), ['unsent', { why: 'refused', say: 'Call, please.', tries: 1, trying: false }]);
  assert.equal(row.work, null);
});
