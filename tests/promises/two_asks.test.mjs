// Two requests cannot be tied together: of two asks that one phone sends, one after the other, no eight bytes are the same.

import assert from 'node:assert/strict';
import test from 'node:test';
import { NOW, Programme, phone } from './mara.mjs';

const { check } = await phone('directory');
const { newAsk, posting } = await phone('ask');

const mara = await Programme.of('Grace', 'Peter', 'Halima', 'Kevin', 'Njeri', 'Omondi', 'Fatuma', 'Brian', 'Cherono');
const directory = await check(await mara.list(Object.values(mara.entries)), null, NOW);
const mine = { lang: 'sw', chan: 'call', all: false, wish: '', out: [], contact: { name: 'Wanjiru', tel: '+254700111222', place: 'the linen store' } };

function windows(body) {
  const found = new Set();
  const { order: _, copies, ...more } = JSON.parse(body); // the order is looked at below
  const cells = [...Object.values(copies).flatMap(({ cap, ct }) => [cap, ct]), ...Object.values(more).map(String)];
  for (const cell of cells) for (let i = 0; i + 12 <= cell.length; i++) found.add(cell.slice(i, i + 12)); // 8 bytes in base64
  return found;
}

test('of two asks of one phone nothing is the same, whatever is chosen again', async () => {
  const bodies = [];
  for (let i = 0; i < 3; i++) bodies.push(await posting(await newAsk(mine, directory), directory));
  const [first, ...others] = bodies.map((body) => windows(body));
  assert.ok(first.size > 10_000);
  for (const other of others) assert.deepEqual([...first].filter((piece) => other.has(piece)), []);
});

test('their orders differ', async () => {
  const orders = new Set();
  for (let i = 0; i < 20; i++) orders.add((await newAsk(mine, directory)).order.join());
  assert.ok(orders.size > 18); // of nine peers' 362,880
});
