// The size tells nothing: the browser's ask is the same in length and in copies whatever was chosen. What its order tells is measured.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'node:test';
import { NOW, PROGRAMME, Programme, phone } from './mara.mjs';

const { check } = await phone('directory');
const { newAsk, posting } = await phone('ask');

const PHONE = fileURLToPath(new URL('../../aftercall/phone/', import.meta.url));
const names = ['Grace', 'Peter', 'Halima', 'Kevin', 'Njeri', 'Omondi', 'Fatuma', 'Brian', 'Cherono'];
const mara = await Programme.of(...names);
const directory = await check(await mara.list(Object.values(mara.entries)), null, NOW);
const pids = directory.peers.map((p) => p.pid);
const base = { lang: 'en', chan: 'letters', all: false, wish: '', out: [], contact: {} };
const choices = {
  nothing: base,
  'a call': { ...base, chan: 'call' },
  everyone: { ...base, all: true },
  'tonight': { ...base, later: Math.ceil(NOW / 3_600_000 + 2) * 3_600_000 },
  'tomorrow, everyone': { ...base, all: true, later: Math.ceil(NOW / 3_600_000 + 20) * 3_600_000 },
  'a wish': { ...base, wish: pids[3] },
  'one left out': { ...base, out: [pids[0]] },
  'all but one left out': { ...base, out: pids.slice(1) },
  'a talk for several': { ...base, wish: pids[5], join: 'lusab-babad', handle: '日'.repeat(24) },
  'everyone, and all that may be known': { ...base, all: true, contact: { name: 'Amina', tel: '+254700111222', place: 'Resus', near: 'Otieno, +254700333444' } },
  'another language and a name': { ...base, lang: 'sw', contact: { name: 'Wanjirũ', tel: '+254700111222', place: 'x'.repeat(400) } },
};

/** What each choice becomes on the wire, by this page's own program. */
const posted = (program) => Promise.all(Object.values(choices).map(async (c) => program.posting(await program.newAsk(c, directory), directory)));

function alike(bodies) {
  assert.deepEqual([...new Set(bodies.map((b) => b.length))].length, 1);
  for (const body of bodies.map((b) => JSON.parse(b))) {
    assert.deepEqual(Object.keys(body).sort(), ['all', 'box', 'contact', 'copies', 'due', 'hc', 'order', 'v']);
    assert.deepEqual(Object.keys(body.copies).sort(), [...pids].sort());
    assert.deepEqual([...body.order].sort(), [...pids].sort());
  }
}

test('an ask has one length and one set of copies, whatever was chosen', async () => {
  alike(await posted({ newAsk, posting }));
});

const LEAKS = {
  'a member of its own': ['ask', 'contact: ask.contact,', 'contact: ask.contact, join: ask.join ? 1 : 0,'],
  'another length of the hour': ['ask', 'due: ask.due }', "due: ask.due + (ask.join ? '0' : '') }"],
  'copies for its host alone': ['ask', '.filter((pid) => directory', '.filter((pid) => !ask.join || pid === ask.join.pid).filter((pid) => directory'],
  'a longer block where somebody is to be called': ['seal', 'near })), CONTACT)', 'near })), near ? 2 * CONTACT : CONTACT)'],
};
for (const [what, [where, is, leaks]] of Object.entries(LEAKS)) {
  test(`a page whose choice shows by ${what} is found`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leak-'));
    try {
      cpSync(PHONE, folder, { recursive: true });
      const [file, text] = [join(folder, `${where}.mjs`), readFileSync(join(PHONE, `${where}.mjs`), 'utf8')];
      assert.ok(text.includes(is));
      writeFileSync(file, text.replace(is, leaks));
      const bodies = await posted(await import(pathToFileURL(join(folder, 'ask.mjs'))));
      assert.throws(() => alike(bodies));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('what the order tells is measured: of one ask, a guess at who was left out', async (t) => {
  // Half of the askers leave out one peer. Whoever reads the rows guesses that the last in the order is that one.
  let right = 0;
  const asks = 600;
  for (let i = 0; i < asks; i++) {
    const out = i % 2 ? [pids[i % 9]] : [];
    const { order } = await newAsk({ ...base, out }, directory);
    right += out[0] === order.at(-1);
  }
  t.diagnostic(`right in ${((100 * right) / asks).toFixed(0)} % of all asks; nobody can tell which asks left somebody out`);
  assert.ok(right / asks <= 0.5); // the last is the one left out in each ask that left one out: the order tells little, not nothing
});

test('without a choice every peer is as likely to be first', async () => {
  const first = Object.fromEntries(pids.map((pid) => [pid, 0]));
  for (let i = 0; i < 1800; i++) first[(await newAsk(base, directory)).order[0]] += 1;
  for (const n of Object.values(first)) assert.ok(n > 120 && n < 290, `${n} of 1800`); // 200 expected; 6 standard deviations
});
