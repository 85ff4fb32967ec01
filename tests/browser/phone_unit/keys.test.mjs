// A peer's keys open with the phrase alone, are followed in time, and are gone when forgotten.

import assert from 'node:assert/strict';
import test from 'node:test';
import { signed } from '../../../aftercall/phone/bytes.mjs';
import { memoryVault } from '../../../aftercall/phone/drawer.mjs';
import { Locked, enrol, enrolled, forget, unlock } from '../../../aftercall/phone/keys.mjs';
import { NOW, PHRASE, PROGRAMME, card, hex, lv, phone, sha256, unb64 } from './people.mjs';

const DAY = 86_400_000;

test('a request is signed by the identity it names', async () => {
  const { request: r } = await phone('Grace');
  const idkey = unb64(r.idkey);
  assert.equal(r.pid, hex(await sha256(idkey)).slice(0, 8));
  assert.equal(r.kem_after, '2026-12-27');
  assert.ok(await signed(idkey, unb64(r.kem_sig), lv('ac1/kem', PROGRAMME, r.pid, unb64(r.kem), r.kem_after)));
  const whole = lv('ac1/enrol', PROGRAMME, r.pid, idkey, unb64(r.kem), r.kem_after, unb64(r.kem_sig), r.card);
  assert.ok(await signed(idkey, unb64(r.sig), whole));
});

test('a wrong phrase opens nothing, a changed row opens nothing, a forgotten phone has nothing', async () => {
  const { tools } = await phone('Grace');
  await assert.rejects(unlock('four quiet brown cats', tools), Locked);
  const row = await tools.store.get('keys');
  row.box[30] ^= 1;
  await assert.rejects(unlock(PHRASE, tools), Locked);
  await forget(tools);
  assert.equal(await enrolled(tools), false);
  await assert.rejects(unlock(PHRASE, tools), Locked);
});

test('what is kept holds no key in clear, and opened keys can not be taken out', async () => {
  const { tools, keys } = await phone('Grace');
  const row = await tools.store.get('keys');
  assert.deepEqual(Object.keys(row).sort(), ['box', 'iv', 'salt', 'v']);
  assert.ok(!Buffer.from(row.box).includes('"d"'));
  assert.equal(keys.sealing[0].pair.privateKey.extractable, false);
});

test('a short phrase is refused before anything is made', async () => {
  const store = memoryVault();
  await assert.rejects(enrol(card('Grace'), 'short', PROGRAMME, { store }), RangeError);
  assert.equal(await enrolled({ store }), false);
});

test('a sealing key is followed ten days before its end, and destroyed seven days after it', async () => {
  let at = NOW;
  const { tools, keys } = await phone('Grace', { now: () => at });
  assert.equal(await keys.renew(), null);
  at = NOW + 26 * DAY;
  const next = await keys.renew();
  assert.equal(next.kem_after, '2027-01-22');
  assert.equal((await unlock(PHRASE, tools)).sealing.length, 2);
  at = NOW + 43 * DAY;
  const later = await unlock(PHRASE, tools);
  assert.deepEqual(later.sealing.map((s) => s.after), ['2027-01-22']);
});

test('a talk that is kept is kept under the phrase, and can be dropped', async () => {
  const { tools, keys } = await phone('Grace');
  await keys.keep('open', { k: 'CANARY' });
  assert.ok(!Buffer.from((await tools.store.get('talk.open')).box).includes('CANARY'));
  assert.equal((await (await unlock(PHRASE, tools)).recall('open')).k, 'CANARY');
  await keys.drop('open');
  assert.equal(await keys.recall('open'), null);
});
