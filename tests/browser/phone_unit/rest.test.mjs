// After a talk: what was given is counted on Grace's phone alone, and she rests; the server hears a whole hour and no reason.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Refused, Unreached } from '../../../aftercall/phone/net.mjs';
import { PeerCare } from '../../../aftercall/phone/peercare.mjs';
import { begun, counted, enough, going, inHours, monthEnd, restUntil } from '../../../aftercall/phone/rest.mjs';
import { phone } from './people.mjs';

const HOUR = 3_600_000;
const NOW = new Date(2026, 10, 22, 22, 47).getTime(); // by the clock on the wall
const after = (time, ...minutes) => minutes.reduce((t, m) => going(t, t.last + m * 60_000), time);

test('a call of half an hour counts, a night between two letters does not', () => {
  assert.equal(after(begun(NOW), 30).spent, 0.5 * HOUR);
  assert.equal(after(begun(NOW), 10, 600, 10).spent, HOUR / 3);
  assert.equal(inHours(counted(null, after(begun(NOW), 600), NOW)), 0.1); // of any talk five minutes
});

test('enough is enough for the month, and the next begins at nothing', () => {
  let given = null;
  for (let n = 0; n < 8; n++) given = counted(given, after(begun(NOW), 29), NOW);
  assert.equal(enough(given, 4), false);
  given = counted(given, after(begun(NOW), 30), NOW);
  assert.equal(enough(given, 4), true);
  assert.equal(enough(given, 0), false); // no end is set
  assert.equal(inHours(counted(given, after(begun(NOW), 30), monthEnd(NOW))), 0.5);
  assert.equal(new Date(monthEnd(NOW)).getDate(), 1);
});

test('rest is for as long as it is set and up to two hours more, and ends on a whole hour', () => {
  for (let minute = 0; minute < 60; minute++) {
    for (const chance of [0, 0.5, 0.999]) {
      const until = restUntil(NOW + minute * 60_000, 2, () => chance);
      assert.equal(until % HOUR, 0);
      assert.ok(until - (NOW + minute * 60_000) >= 2 * HOUR && until - (NOW + minute * 60_000) < 4 * HOUR);
    }
  }
});

/** Grace's page with a server that notes what it hears; `down` while it can't be reached. */
async function grace(caps) {
  const heard = [];
  const server = { down: false, turns: [] };
  const call = async (method, path, { body } = {}) => {
    if (server.down) throw new Unreached('down');
    heard.push([`${method} ${path}`, body && JSON.parse(body)]);
    if (path === 'box/pass') throw new Refused(404, 'gone');
    return { json: { challenge: '1.a', token: 't', turns: server.turns } };
  };
  const { keys } = await phone('Grace', { now: () => NOW });
  const care = new PeerCare({ net: { call }, keys, tell: () => {}, caps, now: () => NOW, chance: () => 0 });
  return { care, keys, server, said: (path) => heard.filter(([what]) => what === path).map(([, body]) => body) };
}

test('after a talk the phone asks for rest, and says how long and nothing else', async () => {
  const { care, said } = await grace({ rest: 2, hours: 4 });
  const { given, full } = await care.talked(after(begun(NOW), 30));
  assert.deepEqual([full, inHours(given)], [false, 0.5]);
  const [rest] = said('POST peer/rest');
  assert.deepEqual(Object.keys(rest), ['until']);
  assert.equal(Date.parse(rest.until), Math.ceil((NOW + 2 * HOUR) / HOUR) * HOUR);
});

test('at the end of the hours the phone rests until the month does, and a shorter rest takes nothing of it', async () => {
  const { care, said } = await grace({ rest: 2, hours: 1 });
  await care.talked(after(begun(NOW), 30));
  const { full } = await care.talked(after(begun(NOW), 30));
  assert.ok(full);
  assert.equal(Date.parse(said('POST peer/rest').at(-1).until), monthEnd(NOW));
  care.caps.hours = 0;
  await care.talked(after(begun(NOW), 30));
  assert.equal(Date.parse(said('POST peer/rest').at(-1).until), monthEnd(NOW));
});

test('rest that could not be said is said later, also by the page of tomorrow', async () => {
  const { care, keys, server, said } = await grace({ rest: 2, hours: 4 });
  server.down = true;
  await care.talked(after(begun(NOW), 30));
  assert.deepEqual(said('POST peer/rest'), []);
  server.down = false;
  const next = new PeerCare({ net: care.net, keys, tell: () => {}, now: () => NOW });
  await next.settle();
  assert.equal(said('POST peer/rest').length, 1);
  await next.settle();
  assert.equal(said('POST peer/rest').length, 1);
});

test('enough for this month takes the duties of this month and no other', async () => {
  const { care, server, said } = await grace({ rest: 2, hours: 4 });
  const day = (n) => new Date(NOW + n * 24 * HOUR).toISOString().replace(/\.\d+Z/, 'Z');
  server.turns = [{ begins: day(1), ends: day(1.3), on: 1 }, { begins: day(2), ends: day(2.3), on: 0 }, { begins: day(20), ends: day(20.3), on: 1 }];
  await care.enoughForNow();
  assert.deepEqual(said('POST peer/turn').map((t) => [t.on, t.begins]), [[0, day(1)]]);
  assert.equal(said('POST peer/duty')[0].on, 0);
  assert.equal(Date.parse(said('POST peer/rest')[0].until), monthEnd(NOW));
});

test('I was at something hard: passed over for all who wait now, off duty, and not a word more', async () => {
  const { care, said } = await grace({ rest: 2, hours: 4 });
  for (const box of ['a', 'b']) care.opened.set(box, { box, cap: 'c' });
  care.opened.set('c', { box: 'c', answered: true });
  await care.hit();
  assert.equal(said('POST box/pass').length, 2);
  assert.deepEqual(said('POST peer/duty').map((d) => Object.keys(d).sort()), [['on', 'until']]);
  assert.equal(said('POST peer/duty')[0].on, 0);
});
