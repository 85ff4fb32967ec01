// Grace holds three talks at once: each keeps its own letters, draft and lease, a reload keeps all, and what ends takes nothing of the others.

import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { Care } from '../../../aftercall/phone/care.mjs';
import { check } from '../../../aftercall/phone/directory.mjs';
import { Unreached } from '../../../aftercall/phone/net.mjs';
import { PeerCare } from '../../../aftercall/phone/peercare.mjs';
import { minutesOf, promised } from '../../../aftercall/phone/promise.mjs';
import { Talks, numbered } from '../../../aftercall/phone/talks.mjs';
import { NOW, drawer, phone, programme } from './people.mjs';
import { Relay } from './relay.mjs';

const mara = await programme();
const grace = await phone('Grace');
const directory = await check(await mara.directory([await mara.certify(grace.request)]), null, NOW);
const choice = { lang: 'en', chan: 'letters', all: false, wish: '', out: [], contact: {} };

const live = [];
afterEach(async () => {
  for (const one of live.splice(0)) {
    one.stop();
    await one.talks?.saved;
  }
  await grace.keys.drop('open');
});

async function until(what, ms = 4000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await what()) return;
    for (const one of live) one.nudge?.(); // nobody has to wait for the pause between two looks
    await new Promise((r) => setTimeout(r, 5));
  }
  throw new Error(`never: ${what}`);
}

function page(relay) {
  const heard = [];
  const care = new PeerCare({ net: relay.net(), keys: grace.keys, tell: (w, m) => heard.push([w, m]) });
  live.push(care);
  return { care, talks: care.talks, heard, had: (word) => heard.filter(([w]) => w === word).map(([, m]) => m) };
}

/** So many people who ask one after the other. Grace says yes to each. */
async function talking(many) {
  const relay = new Relay();
  const g = page(relay);
  const askers = [];
  for (let n = 0; n < many; n++) {
    const care = new Care({ net: relay.net(), keep: drawer(), code: () => 'a-b-c-d', directory: async () => directory, tell: () => {}, now: () => NOW });
    live.push(care);
    care.ask(choice, directory);
    await until(() => relay.boxes.size === n + 1);
    const { box } = care.row;
    await g.care.read([{ box, ct: relay.boxes.get(box).copies[grace.keys.pid].ct }]);
    assert.ok(await g.care.take({ box }));
    await until(() => care.talk);
    askers.push({ care, box });
  }
  return { relay, g, askers };
}
const texts = (row) => row.letters.map((l) => l.text);
const numbers = (talks) => talks.rows.map((row) => row.n);

test('a talk keeps its number, and the next one has the lowest that is free', async () => {
  assert.deepEqual([numbered([]), numbered([{ n: 1 }, { n: 3 }]), numbered([{ n: 2 }])], [1, 2, 1]);
  const { g, askers } = await talking(3);
  assert.deepEqual(numbers(g.talks), [1, 2, 3]);
  assert.ok(![{}, { basic: true, turn: 1 }].some((page) => g.talks.may(page))); // a fourth has to be one who would rather not wait,
  assert.ok([{ all: 1 }, { turn: 1 }].every((page) => g.talks.may(page))); // or whom the server lets in, with a page to be written to in turn
  assert.equal(g.talks.row.box, askers[2].box); // who was tapped last is shown
  g.talks.look(askers[0].box);
  assert.deepEqual(await g.care.close().then(({ n, shown, left }) => [n, shown, left]), [1, true, 2]);
  assert.deepEqual(numbers(g.talks), [2, 3]);
});

test('each has its own letters: what is written goes to the one that is shown, and to nobody else', async () => {
  const { g, askers } = await talking(2);
  await g.talks.write('to the second');
  g.talks.look(askers[0].box);
  await g.talks.write('to the first');
  await until(() => askers.every(({ care }) => care.row.letters.length === 1));
  assert.deepEqual(askers.map(({ care }) => texts(care.row)), [['to the first'], ['to the second']]);
});

test('a letter to one that is not shown is counted until it is looked at, and its time is kept', async () => {
  const { g, askers: [first] } = await talking(2);
  await g.talks.write('hello'); // the second is the one that is shown
  const row = g.talks.of(first.box);
  assert.equal(row.last, undefined);
  await first.care.write('one');
  await until(() => row.unread === 1);
  await first.care.write('two');
  await until(() => row.unread === 2);
  assert.ok(Math.abs(row.last - Date.now()) < 60_000);
  g.talks.look(first.box);
  assert.deepEqual([row.unread, texts(row)], [0, ['one', 'two']]);
});

test('each has its own draft, which goes with the letter', async () => {
  const { g, askers: [first, second] } = await talking(2);
  g.talks.draft('for the second');
  g.talks.look(first.box);
  assert.equal(g.talks.row.draft ?? '', '');
  g.talks.draft('for the first');
  g.talks.look(second.box);
  assert.equal(g.talks.row.draft, 'for the second');
  await g.talks.write('for the second');
  assert.deepEqual(g.talks.rows.map((row) => row.draft), ['for the first', '']);
});

test('a reload keeps all three, with their numbers, drafts, letters and marks, and the one that was shown', async () => {
  const { relay, g, askers: [first, second, third] } = await talking(3);
  g.talks.look(second.box);
  g.talks.draft('half a word');
  await third.care.write('are you there?');
  await until(() => g.talks.of(third.box).unread === 1);
  g.care.stop();
  await g.talks.saved;
  const again = page(relay);
  await again.talks.resume();
  assert.deepEqual(again.talks.rows.map((row) => [row.n, row.box]), [[1, first.box], [2, second.box], [3, third.box]]);
  assert.equal(again.talks.row.box, second.box);
  assert.deepEqual([again.talks.row.draft, again.talks.of(third.box).unread], ['half a word', 1]);
  await again.talks.write('here');
  await until(() => second.care.row.letters.length === 1);
});

test('the one talk that a page of before has kept is taken up', async () => {
  const { relay, g, askers: [{ care, box }] } = await talking(1);
  g.care.stop();
  await g.talks.saved;
  const { n, six, shown, ...row } = g.talks.row;
  await grace.keys.keep('open', row);
  const again = page(relay);
  await again.talks.resume();
  assert.deepEqual([again.talks.row.box, again.talks.row.n], [box, 1]);
  await again.talks.write('here');
  await until(() => care.row.letters.length === 1);
});

test('a lease that lapses out of sight is said by its number, and the talk that is shown goes on', async () => {
  const { relay, g, askers: [first, second] } = await talking(2);
  relay.lapse(first.box);
  await until(() => g.had('over').length);
  const [{ n, shown, left, met }] = g.had('over');
  assert.deepEqual([n, shown, left, met], [1, false, 1, false]);
  assert.equal(g.talks.row.box, second.box);
  await g.talks.write('still here');
  await until(() => second.care.row.letters.length === 1);
});

test('when the shown one ends by itself no other comes under fingers that write', async () => {
  const { relay, g, askers: [first, second] } = await talking(2);
  relay.lapse(second.box);
  await until(() => g.had('over').length);
  assert.equal(g.talks.row, undefined);
  assert.throws(() => g.talks.write('for whom?'), TypeError);
  g.talks.draft('for whom?');
  assert.equal(g.talks.of(first.box).draft ?? '', '');
});

test('giving one back keeps the others, and care for the peer counts the time once, after the last', async () => {
  const { g, askers: [first, second, third] } = await talking(3);
  g.talks.now = () => NOW + 600_000;
  g.talks.time = { spent: 0, last: NOW };
  assert.equal((await g.care.pass({ box: third.box })).left, 2);
  g.talks.look(first.box);
  assert.equal((await g.care.close()).left, 1);
  g.talks.look(second.box);
  const end = await g.care.pass({ box: second.box });
  assert.deepEqual([end.left, end.met, end.time.spent], [0, true, 600_000]); // ten minutes with three are ten minutes
  await g.talks.saved;
  assert.equal(await grace.keys.recall('open'), null);
});

test('a yes whose answer was lost joins the others without taking the page from the one that is shown', async () => {
  const { relay, g, askers: [first] } = await talking(1);
  const care = new Care({ net: relay.net(), keep: drawer(), code: () => 'a-b-c-d', directory: async () => directory, tell: () => {}, now: () => NOW });
  live.push(care);
  care.ask(choice, directory);
  await until(() => relay.boxes.size === 2);
  const { box } = care.row;
  await g.care.read([{ box, ct: relay.boxes.get(box).copies[grace.keys.pid].ct }]);
  const { call } = g.care.net;
  g.care.net = { call: async (...all) => call(...all).then(() => Promise.reject(new Unreached('the answer is lost'))) };
  await assert.rejects(g.care.take({ box }), Unreached);
  g.care.net = { call };
  await g.care.yesAgain([]);
  assert.deepEqual([g.talks.rows.length, g.talks.row.box], [2, first.box]);
});

test('many changes at once are one writing, of what stands at its end', async () => {
  const kept = [];
  const keys = { keep: async (name, value) => void kept.push(structuredClone(value)), drop: async () => {} };
  const talks = new Talks({ net: { call: () => new Promise(() => {}) }, keys, tell() {}, visible: () => true, now: () => NOW });
  live.push(talks);
  await talks.add({ programme: 'p', box: '00'.repeat(16), cap: '', k: '11'.repeat(32), sending: 0, seen: 0, out: [], letters: [] }, true);
  await talks.saved;
  const before = kept.length;
  for (const text of ['a', 'ab', 'abc']) talks.draft(text);
  await talks.saved;
  assert.deepEqual(kept.slice(before).map(({ rows }) => rows[0].draft), ['abc']);
});

test('a promise of when is known by its end, and no other letter is one', () => {
  assert.deepEqual([10, 20].map((m) => minutesOf(promised('I come at 02:10.', m))), [10, 20]);
  assert.deepEqual(['', 'I come at 02:10.', 'in 10 min', '\u2063 and more'].map(minutesOf), [0, 0, 0, 0]);
});

test('whoever waits knows until when, from when the letter came; the next letter, or another colleague, ends it', async () => {
  const { relay, g, askers: [{ care, box }] } = await talking(1);
  g.talks.draft('half a word');
  await g.talks.send(promised('I come at 02:10.', 10), NOW + 600_000);
  assert.equal(g.talks.row.draft, 'half a word');
  await until(() => care.row.until === NOW + 600_000);
  assert.equal(care.keep.get('ac1.box').until, NOW + 600_000); // a reload knows it too
  assert.equal(care.row.letters[0].at, NOW + 600_000);
  await care.write('thank you');
  await until(() => g.talks.row.letters.length === 2);
  assert.equal(care.row.until, NOW + 600_000); // what they write themselves changes nothing
  await g.talks.write('here I am');
  assert.equal(g.talks.row.comes, 0);
  await until(() => care.row.until === 0);
  await g.talks.send(promised('And again.', 20), NOW + 1_200_000);
  await until(() => care.row.until === NOW + 1_200_000);
  relay.boxes.get(box).state = 'open';
  relay.lapse(box);
  await until(() => !care.row.taker);
  care.change(grace.keys.pid);
  assert.equal(care.row.until, 0);
});

test('the peer is reminded of a promise once, a minute before', async () => {
  const { g } = await talking(1);
  let at = NOW;
  g.talks.now = () => at;
  await g.talks.send(promised('I come at 02:10.', 10), NOW + 600_000);
  const asked = [0, 530, 545, 600].map((s) => ((at = NOW + s * 1000), g.talks.due()));
  assert.deepEqual(asked, [false, false, true, false]);
});
