// Grace's phone holds a talk for several: it lets in who has the words, repeats each word once to all others, and a reload changes nothing of that.

import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { Care } from '../../../aftercall/phone/care.mjs';
import { check } from '../../../aftercall/phone/directory.mjs';
import { PeerCare } from '../../../aftercall/phone/peercare.mjs';
import { LONGEST } from '../../../aftercall/phone/seal.mjs';
import { MOST, Several } from '../../../aftercall/phone/several.mjs';
import { byPage, joinWords, pack, readTogether, tidyName, tidyWords, unpack } from '../../../aftercall/phone/together.mjs';
import { utf8 } from '../../../aftercall/phone/bytes.mjs';
import { NOW, drawer, phone, programme } from './people.mjs';
import { Relay } from './relay.mjs';

const mara = await programme();
const [grace, peter] = [await phone('Grace'), await phone('Peter')];
const directory = await check(await mara.directory([await mara.certify(grace.request), await mara.certify(peter.request)]), null, NOW);
const choice = { lang: 'en', chan: 'letters', all: false, wish: grace.keys.pid, out: [], contact: {} };

const live = [];
afterEach(async () => {
  for (const one of live.splice(0)) {
    one.stop();
    await one.several?.kept.saved;
  }
  await grace.keys.drop('several');
});

async function until(what, ms = 4000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await what()) return;
    for (const one of live) {
      one.nudge?.();
      for (const line of one.several?.lines.values() ?? []) line.nudge(); // as `mail` does
    }
    await new Promise((r) => setTimeout(r, 5));
  }
  throw new Error(`never: ${what}`);
}

/** Grace's page with a talk for several; `gathered` is what the server was told of it. */
async function gathers(relay, begin = true) {
  const gathered = [];
  const care = new PeerCare({ net: relay.net(), keys: grace.keys, tell: () => {} });
  care.several = new Several({ net: relay.net(), keys: grace.keys, gather: async (until) => void gathered.push(until), tell: () => {} });
  live.push(care);
  if (begin) await care.several.begin('Grace');
  return { care, several: care.several, gathered };
}

const shown = (care) => care.row.letters.filter((l) => !l.skip && !l.gap && !(l.me && byPage(l.text))).map((l) => (l.by ? `${l.by}: ${l.text}` : l.text));

/** Somebody with these words knocks. Gives their phone, and the page that Grace's phone opens. */
async function knocks(relay, g, handle, words) {
  const ends = [];
  const tell = (word) => ['ended', 'lost'].includes(word) && ends.push(word);
  const care = new Care({ net: relay.net(), keep: drawer(), code: () => 'a-b-c-d', directory: async () => directory, tell, now: () => NOW });
  live.push(care);
  care.ask({ ...choice, join: words, handle }, directory);
  const before = new Set(relay.boxes.keys());
  await until(() => relay.boxes.size > before.size);
  const box = [...relay.boxes.keys()].find((one) => !before.has(one));
  const [page] = (await g.care.read([{ box, ct: relay.boxes.get(box).copies[grace.keys.pid].ct }])).filter((one) => one.box === box);
  return { care, box, page, ends, handle };
}

async function comes(relay, g, handle) {
  const one = await knocks(relay, g, handle, g.several.row.words);
  assert.deepEqual(await g.care.sorted([one.page]), []);
  await until(() => one.care.row?.group?.in && g.several.of(one.box).here);
  return one;
}

async function talking(...names) {
  const relay = new Relay();
  const g = await gathers(relay);
  const all = [];
  for (const name of names) all.push(await comes(relay, g, name));
  await until(() => all.every(({ care }) => care.row.group.who.length === names.length + 1));
  return { relay, g, all };
}

test('two words are told by voice, and typed in any way that keeps them two', () => {
  assert.match(joinWords(), /^[a-z]{5}-[a-z]{5}$/);
  assert.equal(new Set(Array.from({ length: 500 }, () => joinWords())).size, 500);
  assert.deepEqual(['Lusab babad', ' lusab-BABAD. ', 'lusab', 'a b c', ''].map(tidyWords), ['lusab-babad', 'lusab-babad', '', '', '']);
});

test('a name is one short line of what can be seen', () => {
  assert.equal(tidyName('  Ama\u2063\nna \u202e x '), 'Ama na x');
  assert.equal([...tidyName('é'.repeat(90))].length, 24);
  assert.equal(tidyName('\u200b\u2063'), '');
});

test('a letter that is repeated fits, whatever is in it, and only a page can write one', () => {
  for (const text of ['', 'one\ntwo', '"\\', '\u0001'.repeat(900), '日'.repeat(1300), '🙂'.repeat(2000)]) {
    const letter = pack({ t: 'say', id: '12.999', by: '日'.repeat(24) }, text);
    assert.ok(utf8(letter).length <= LONGEST);
    assert.ok(text.startsWith(unpack(letter).text));
    assert.ok(text.length > 1300 || unpack(letter).text === text);
  }
  assert.equal(unpack('hello'), null);
  assert.equal(unpack('\u2063no json\nx'), null);
});

test('what one writes goes to all others under their name, and to nobody twice', async () => {
  const { g, all: [a, b, c] } = await talking('Amina', 'Juma', 'lusab');
  await a.care.write('he was nineteen');
  g.several.write('I am here.');
  await until(() => shown(b.care).length === 2 && shown(c.care).length === 2 && shown(a.care).length === 2);
  assert.deepEqual(shown(a.care), ['he was nineteen', 'Grace: I am here.']);
  for (const other of [b, c]) assert.deepEqual(shown(other.care).toSorted(), ['Amina: he was nineteen', 'Grace: I am here.']);
  assert.deepEqual(g.several.row.log.map(({ by, text }) => [by, text]).toSorted(), [['Amina', 'he was nineteen'], ['Grace', 'I am here.']]);
});

test('who comes later does not get what was said before', async () => {
  const { relay, g, all: [a] } = await talking('Amina');
  await a.care.write('before');
  await until(() => g.several.row.log.length === 1);
  const late = await comes(relay, g, 'Juma');
  await a.care.write('after');
  await until(() => shown(late.care).length);
  assert.deepEqual(shown(late.care), ['Amina: after']);
});

test('two of one name, and one who takes the name of the facilitator, are told apart', async () => {
  const { g } = await talking('Amina', 'Amina', 'Grace');
  assert.deepEqual(g.several.members.map((one) => one.who), ['Amina', 'Amina 2', 'Grace 2']);
});

test('nobody speaks in another name: what a letter says of itself is not believed', async () => {
  const { g, all: [a, b] } = await talking('Amina', 'Juma');
  await a.care.write(pack({ t: 'say', id: '0.1', by: 'Grace' }, 'go home'));
  await a.care.write(pack({ t: 'bye' }));
  await a.care.write('\u2063{broken');
  await a.care.write('mine');
  await until(() => shown(b.care).length === 1);
  assert.deepEqual(shown(b.care), ['Amina: mine']);
  assert.deepEqual(g.several.members.map((one) => one.who), ['Amina', 'Juma']);
});

test('wrong words are not let in, go on to others at once, are counted, and end in a shut door', async () => {
  const { relay, g } = await talking('Amina');
  const { page, box } = await knocks(relay, g, 'x', 'lusab-babad');
  relay.log = [];
  assert.deepEqual(await g.care.sorted([page]), []);
  assert.deepEqual(relay.log.map(({ path }) => path), ['box/pass']);
  assert.equal(g.several.of(box), undefined);
  for (let n = 2; n <= 20; n++) assert.ok(g.several.passes(page));
  assert.deepEqual([g.several.row.wrong, g.several.row.open], [20, false]);
  assert.equal(g.gathered.at(-1), 0);
  assert.ok(!g.several.admits({ box: 'new', join: g.several.row.words }));
  assert.equal(g.several.members.length, 1); // who is in it stays
});

test('twelve come in, and the thirteenth goes on to others', async () => {
  const { relay, g, all } = await talking(...Array.from({ length: MOST }, (_, n) => `n${n}`));
  const last = await knocks(relay, g, 'late', g.several.row.words);
  assert.ok(!g.several.admits(last.page));
  assert.ok(g.several.passes(last.page));
  assert.equal(g.several.row.wrong, 0);
  await all[0].care.write('hello');
  await until(() => all.slice(1).every(({ care }) => shown(care).length === 1));
  await all[3].care.close();
  await until(() => g.several.members.length === MOST - 1);
  assert.ok(g.several.admits(last.page)); // there is room again
});

test('an ordinary ask goes on at once when it came here first, and is for a human to see when all were rung', async () => {
  const { g } = await talking();
  const page = { box: 'b', cap: '00', chan: 'letters' };
  assert.deepEqual([g.several.passes({ ...page, first: 1 }), g.several.passes(page), g.several.passes({ ...page, first: 1, all: 1 })], [true, false, false]);
  assert.ok(!g.several.passes({ ...page, join: 1 })); // wanted to go to another's
});

test('a reload keeps all, and what was repeated is not repeated again', async () => {
  const { relay, g, all: [a, b] } = await talking('Amina', 'Juma');
  await a.care.write('one');
  await until(() => shown(b.care).length === 1);
  g.care.stop();
  await g.several.kept.saved;
  const again = await gathers(relay, false);
  await again.several.resume();
  assert.deepEqual(again.several.row.log.map(({ by, text }) => [by, text]), [['Amina', 'one']]);
  assert.equal(again.several.row.words, g.several.row.words);
  await a.care.write('two');
  again.several.write('three');
  await until(() => shown(b.care).length === 3 && shown(a.care).length === 3);
  assert.deepEqual(shown(b.care).toSorted(), ['Amina: one', 'Amina: two', 'Grace: three']);
});

test('a phone that died before it could keep what it had repeated repeats it, and it is shown once', async () => {
  const { relay, g, all: [a, b] } = await talking('Amina', 'Juma');
  await g.several.kept.saved;
  const kept = await grace.keys.recall('several');
  const { cap } = g.several.of(a.box);
  const { answer } = relay;
  relay.answer = (method, path, head, body) => answer.call(relay, method, path, head['X-Cap'] === cap ? { ...head, 'X-After': '1' } : head, body); // it never hears that the letter arrived
  await a.care.write('one');
  await until(() => shown(b.care).length === 1);
  g.care.stop();
  await g.several.kept.saved;
  await grace.keys.keep('several', kept);
  const again = await gathers(relay, false);
  await again.several.resume();
  await until(() => again.several.row.log.length === 1);
  again.several.write('two');
  await until(() => shown(b.care).includes('Grace: two'));
  assert.deepEqual(shown(b.care), ['Amina: one', 'Grace: two']);
});

test('who leaves is gone for all, and what they leave behind reaches nobody', async () => {
  const { g, all: [a, b] } = await talking('Amina', 'Juma');
  await a.care.close();
  await until(() => b.care.row.group.who.length === 2);
  assert.deepEqual(b.care.row.group.who, ['Grace', 'Juma']);
  assert.deepEqual(g.several.members.map((one) => one.who), ['Juma']);
});

test('out for a moment is said to all; a word says that one is back', async () => {
  const { all: [a, b] } = await talking('Amina', 'Juma');
  await a.care.aside(true);
  await until(() => b.care.row.group.out.length);
  assert.deepEqual(b.care.row.group.out, ['Amina']);
  await a.care.write('here');
  await a.care.aside(false);
  await until(() => !b.care.row.group.out.length);
  assert.deepEqual(shown(b.care), ['Amina: here']);
});

test('who is let go gets nothing more, is told that it is over, and their box goes', async () => {
  const { relay, g, all: [a, b] } = await talking('Amina', 'Juma');
  g.several.letGo(g.several.of(a.box));
  g.several.write('now we are two');
  await until(() => a.ends.length && shown(b.care).length);
  assert.deepEqual(a.ends, ['ended']);
  await until(() => !relay.boxes.has(a.box) && b.care.row.group.who.length === 2);
  assert.deepEqual(b.care.row.group.who, ['Grace', 'Juma']);
});

test('the end is told to all, the last word before it arrives, and nothing is kept', async () => {
  const { relay, g, all: [a, b] } = await talking('Amina', 'Juma');
  const read = [];
  for (const { care } of [a, b]) {
    const { finish } = care;
    care.finish = (phase) => {
      read.push(shown(care));
      return finish.call(care, phase);
    };
  }
  g.several.write('go slowly');
  await g.several.end();
  await until(() => a.ends.length && b.ends.length && !g.several.row);
  assert.deepEqual(read, [['Grace: go slowly'], ['Grace: go slowly']]);
  assert.equal(relay.boxes.size, 0);
  await g.several.kept.saved;
  assert.equal(await grace.keys.recall('several'), null);
  assert.equal(g.gathered.at(-1), 0);
});

test('a phone that does not read that it is over loses its box all the same', async () => {
  const relay = new Relay();
  const g = await gathers(relay);
  const a = await comes(relay, g, 'Amina');
  a.care.stop();
  await g.several.end();
  g.several.beat();
  assert.ok(g.several.row);
  g.several.now = () => Date.now() + 61_000;
  g.several.beat();
  await until(() => !g.several.row);
  assert.equal(relay.boxes.get(a.box).state, 'ended');
});

test('each minute its phone says that it is there', async () => {
  const { g, all: [a] } = await talking('Amina');
  a.care.row.group.at = 0;
  g.several.now = () => Date.now() + 61_000;
  g.several.beat();
  await until(() => a.care.row.group.at === NOW);
});

test('another colleague who takes it gets no word that was meant for several', async () => {
  const relay = new Relay();
  const g = await gathers(relay);
  const one = await knocks(relay, g, 'Amina', g.several.row.words);
  await relay.net().call('POST', 'box/take', { head: { 'X-Box': one.box, 'X-Cap': one.page.cap } }); // and then her phone goes off
  await until(() => one.care.talk);
  await one.care.write('to all of you');
  relay.lapse(one.box);
  await until(() => !one.care.row.taker);
  const p = new PeerCare({ net: relay.net(), keys: peter.keys, tell: () => {} });
  live.push(p);
  const [page] = await p.read([{ box: one.box, ct: relay.boxes.get(one.box).copies[peter.keys.pid].ct }]);
  assert.equal(page.join, 1); // not the words
  await p.take({ box: one.box });
  await until(() => one.care.row.taker === peter.keys.pid);
  await p.talks.write('I am Peter. Only I am here.');
  await until(() => shown(one.care).includes('I am Peter. Only I am here.'));
  assert.equal(one.care.row.group, null);
  assert.deepEqual(p.talks.row.letters.filter((l) => !l.me), []);
});

test('a letter that looks like a talk for several is nothing special in any other talk', () => {
  const row = { taker: 'x', letters: [{ text: 'hello' }] };
  assert.ok(!readTogether(row, NOW));
  assert.deepEqual(row, { taker: 'x', letters: [{ text: 'hello' }] });
});
