// What is kept of checks is one block of one size, opened by its own phrase alone, and says nothing of how often.

import assert from 'node:assert/strict';
import test from 'node:test';
import { BLOCK, lockOf, locked, sealed, unsealed } from '../../../aftercall/phone/kept.mjs';

const PHRASE = 'seven slow grey herons';
const row = (day) => [day, 2, null, [['PHQ-4', 5, 12]]];
const lock = await locked(PHRASE);

test('nothing, one and five hundred make a block of the same size, in letters that a page may look at', async () => {
  for (const n of [0, 1, 500]) {
    const block = await sealed(lock, Array.from({ length: n }, (_, day) => row(day)));
    assert.equal(block.length, BLOCK);
    assert.match(block, /^[\w+/]{5520}$/); // as the page around asks of it (check.mjs)
  }
});

test('its phrase opens it again, as it was, also written with other marks', async () => {
  const rows = [[20788, 4, 3, []], row(20800)];
  const block = await sealed(await locked('étoile et rivière'), rows);
  assert.deepEqual(await unsealed(await lockOf(' e\u0301toile et rivie\u0300re ', block), block), rows);
});

test('another phrase opens nothing, and neither does its own what was changed', async () => {
  const block = await sealed(lock, [row(1)]);
  await assert.rejects(async () => unsealed(await lockOf('seven slow grey geese', block), block));
  const changed = `${block.slice(0, 90)}${block[90] === 'A' ? 'B' : 'A'}${block.slice(91)}`;
  await assert.rejects(unsealed(lock, changed));
});

test('sealed twice it is other bytes, and both open', async () => {
  const [one, two] = [await sealed(lock, [row(1)]), await sealed(lock, [row(1)])];
  assert.notEqual(one.slice(30), two.slice(30));
  assert.deepEqual(await unsealed(lock, one), await unsealed(lock, two));
});

test('when it is full the oldest give way; the newest is always there', async () => {
  const rows = Array.from({ length: 500 }, (_, day) => row(day));
  const kept = await unsealed(lock, await sealed(lock, rows));
  assert.ok(kept.length > 60);
  assert.deepEqual(kept, rows.slice(-kept.length));
});
