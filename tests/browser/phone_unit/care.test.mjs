// Amina asks, Grace answers: an ask is not lost, not doubled, and tells the server nothing of what was chosen.

import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { newAsk, posting } from '../../../aftercall/phone/ask.mjs';
import { Care } from '../../../aftercall/phone/care.mjs';
import { check } from '../../../aftercall/phone/directory.mjs';
import { PeerCare } from '../../../aftercall/phone/peercare.mjs';
import { Unreached } from '../../../aftercall/phone/net.mjs';
import { openContact, openCopy } from '../../../aftercall/phone/seal.mjs';
import { unb64, unhex } from '../../../aftercall/phone/bytes.mjs';
import { NOW, PROGRAMME, drawer, phone, programme } from './people.mjs';
import { Relay } from './relay.mjs';

const mara = await programme();
const people = await Promise.all(['Grace', 'Peter', 'Wanjiru', 'Amara', 'Otieno'].map((name) => phone(name)));
const [grace, peter] = people;
const signedList = await mara.directory(await Promise.all(people.map((p) => mara.certify(p.request))));
const directory = await check(signedList, null, NOW);
const choice = { lang: 'en', chan: 'letters', all: false, wish: '', out: [], contact: {} };

// Whatever a test left running stops with it.
const live = [];
afterEach(() => live.splice(0).forEach((care) => care.stop()));

async function until(what, ms = 4000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await what()) return;
    await new Promise((r) => setTimeout(r, 5));
  }
  throw new Error(`never: ${what}`);
}

/** Amina's phone: what it was told stands in `heard`. */
function asker(relay, keep = drawer(), now = () => NOW) {
  const heard = [];
  const care = new Care({ net: relay.net(), keep, code: () => 'a-b-c-d', directory: async () => directory, tell: (w, m) => heard.push([w, m]), now });
  live.push(care);
  return { care, heard, keep, had: (word) => heard.some(([w]) => w === word) };
}

/** A peer's phone that has opened its page. */
async function answering(relay, who, box) {
  const heard = [];
  const care = new PeerCare({ net: relay.net(), keys: who.keys, tell: (w, m) => heard.push([w, m]) });
  await care.read([{ box, ct: relay.boxes.get(box).copies[who.keys.pid].ct }]);
  live.push(care);
  return { care, heard, had: (word) => heard.some(([w]) => w === word) };
}

async function talking(relay) {
  const amina = asker(relay);
  amina.care.ask(choice, directory);
  await until(() => relay.boxes.size === 1);
  const [box] = relay.boxes.keys();
  const g = await answering(relay, grace, box);
  assert.ok(await g.care.take({ box }));
  await until(() => amina.had('taken'));
  return { amina, g, box };
}
const texts = (row) => row.letters.map((l) => l.text);
const stop = (...all) => all.forEach((a) => a.care.stop());

test('Amina asks, Grace takes it, they write, Amina closes, and nothing is left on either phone or the server', async () => {
  const relay = new Relay(async () => signedList);
  const { amina, g } = await talking(relay);
  await g.care.talks.write('I am here.');
  await until(() => texts(amina.care.row).length === 1);
  await amina.care.write('Thank you.');
  await until(() => texts(g.care.talks.row).length === 2);
  await until(() => amina.care.row.met);
  assert.deepEqual(Object.keys(amina.care.row.keys), [grace.keys.pid]); // the others' keys went with first contact
  const [mine] = amina.heard.filter(([w]) => w === 'taken');
  assert.equal(g.care.talks.row.six, mine[1].words);
  await amina.care.close();
  await until(() => g.had('over'));
  assert.equal(relay.boxes.size, 0);
  assert.equal(amina.keep.held.size, 0);
  await g.care.talks.saved;
  assert.equal(await grace.keys.recall('open'), null);
});

test('not sent is said until the server has it, and the same ask goes out once it can', async () => {
  const relay = new Relay();
  relay.down = true;
  const amina = asker(relay);
  amina.care.ask(choice, directory);
  await until(() => relay.log.some((l) => l.path === 'box'));
  assert.deepEqual([...new Set(amina.heard.map(([w]) => w))], ['unsent']);
  relay.down = false;
  amina.care.nudge();
  await until(() => amina.had('waiting'));
  assert.equal(new Set(relay.log.filter((l) => l.method === 'POST').map((l) => JSON.parse(l.body).box)).size, 1);
});

test('an ask that never left and is an hour old waits for a tap', async () => {
  const relay = new Relay();
  relay.down = true;
  const first = asker(relay);
  first.care.ask(choice, directory);
  await until(() => relay.log.length);
  stop(first);
  relay.down = false;
  const later = asker(relay, first.keep, () => NOW + 3_700_000);
  later.care.resume();
  assert.equal(later.heard[0][1].why, 'stale');
  assert.equal(relay.boxes.size, 0);
  later.care.resume(true);
  await until(() => relay.boxes.size === 1);
});

test('an ask the server lost is posted again under the same box while nobody had taken it', async () => {
  const relay = new Relay();
  const amina = asker(relay);
  amina.care.ask(choice, directory);
  await until(() => amina.had('waiting'));
  const [box] = relay.boxes.keys();
  relay.boxes.clear();
  await until(() => relay.boxes.has(box));
});

test('once a taker was seen a lost talk is said to be lost, and not asked again by itself', async () => {
  const relay = new Relay();
  const { amina, g } = await talking(relay);
  relay.boxes.clear();
  await until(() => amina.had('lost'));
  assert.equal(relay.boxes.size, 0);
  assert.equal(amina.care.open, null);
});

test('a later ask stands on the phone until its hour, outlives a reload, and is looked at as the hour comes', async () => {
  const relay = new Relay();
  const later = NOW + 5_400_000; // 21:00
  const amina = asker(relay);
  amina.care.ask({ ...choice, later }, directory);
  await until(() => amina.had('later'));
  assert.equal(amina.had('waiting'), false);
  assert.deepEqual(amina.heard.find(([w]) => w === 'later')[1], { at: later });
  const [[box, kept]] = relay.boxes;
  assert.equal(kept.due, String(later / 3_600_000));
  await new Promise((r) => setTimeout(r, 30));
  const looks = relay.log.filter((l) => l.path === 'box/state').length;
  assert.equal(looks, 1); // not in a circle: nothing can have changed
  stop(amina);
  const reloaded = asker(relay, amina.keep, () => later + 1);
  kept.begun = true;
  reloaded.care.resume();
  await until(() => reloaded.had('waiting'));
  const g = await answering(relay, grace, box);
  assert.ok(await g.care.take({ box }));
  reloaded.care.nudge();
  await until(() => reloaded.had('taken'));
});

test('a later ask is taken back like any other, and nothing of it is left', async () => {
  const relay = new Relay();
  const amina = asker(relay);
  amina.care.ask({ ...choice, later: NOW + 5_400_000 }, directory);
  await until(() => amina.had('later'));
  await amina.care.close();
  assert.equal(relay.boxes.size, 0);
  assert.equal(amina.keep.held.size, 0);
});

test('an ask for a later hour that was lost is asked again for that hour', async () => {
  const relay = new Relay();
  const amina = asker(relay);
  amina.care.ask({ ...choice, later: NOW + 5_400_000 }, directory);
  await until(() => amina.had('later'));
  const [[box, { due }]] = relay.boxes;
  relay.boxes.clear();
  await until(() => (amina.care.nudge(), relay.boxes.has(box))); // a look may be on its way just then
  assert.equal(relay.boxes.get(box).due, due);
});

test('"Now" is never queued: what does not get through in a minute waits for a tap', async () => {
  const relay = new Relay();
  relay.down = true;
  let at = NOW;
  const amina = asker(relay, drawer(), () => at);
  amina.care.ask({ ...choice, all: true }, directory);
  await until(() => relay.log.length);
  at += 61_000;
  amina.care.nudge();
  await until(() => amina.heard.some(([w, m]) => w === 'unsent' && m.why === 'now' && !m.trying));
  relay.down = false;
  const reloaded = asker(relay, amina.keep, () => at);
  reloaded.care.resume();
  assert.equal(reloaded.heard[0][1].why, 'now');
  assert.equal(relay.boxes.size, 0);
  reloaded.care.resume(true);
  await until(() => relay.boxes.size === 1);
});

test('nobody of ours is said with the answer to the ask, before the state is known', async () => {
  const relay = new Relay();
  relay.allied = 1;
  relay.rung = ['deadbeef'];
  const amina = asker(relay);
  amina.care.ask(choice, directory);
  await until(() => amina.had('waiting'));
  const [, said] = amina.heard.find(([w]) => w === 'waiting');
  assert.deepEqual([said.nobody, said.allied, said.rung], [false, 1, []]);
});

test("a colleague whose phone was lost is said to be off, and this phone forgets the talk", async () => {
  const relay = new Relay();
  const { amina, box } = await talking(relay);
  relay.boxes.get(box).state = 'off';
  await until(() => amina.had('off'));
  assert.equal(amina.care.open, null);
  await until(() => amina.keep.held.size === 0);
  assert.equal(relay.boxes.has(box), false);
});

test('when Grace closes, Amina is told once, her phone forgets, and says so: then nothing is left of it anywhere', async () => {
  const relay = new Relay();
  const { amina, g, box } = await talking(relay);
  await g.care.close();
  await until(() => amina.had('ended'));
  await until(() => amina.keep.held.size === 0);
  assert.equal(relay.boxes.has(box), false);
});

test('when the lease lapses the next peer gets what Amina wrote, readable by the new one alone', async () => {
  const relay = new Relay();
  const { amina, g, box } = await talking(relay);
  await amina.care.write('are you there?');
  relay.lapse(box);
  await until(() => amina.heard.some(([w, m]) => w === 'waiting' && m.lapsed === 1));
  await until(() => g.had('over'));
  const p = await answering(relay, peter, box);
  await p.care.take({ box });
  await until(() => texts(p.care.talks.row).includes('are you there?'));
  assert.ok(!p.care.talks.row.letters.some((l) => l.gap));
});

test('a letter that is being sealed when the taker changes reaches the new one, once and whole', async () => {
  const relay = new Relay();
  const { amina, g, box } = await talking(relay);
  const p = await answering(relay, peter, box);
  stop(g);
  amina.care.end.abort(); // what it hears of the box is told below, at the worst moment
  relay.lapse(box);
  await p.care.take({ box });
  amina.care.write('are you there?');
  amina.care.standing({ state: 'lease', wave: 1, rung: [], taker: peter.keys.pid, lapsed: 1 });
  await until(() => texts(p.care.talks.row).length);
  await amina.care.write('good');
  await until(() => texts(p.care.talks.row).length > 1);
  assert.deepEqual(texts(p.care.talks.row), ['are you there?', 'good']);
  assert.ok(!p.had('bad'));
});

test('the second yes is thanked', async () => {
  const relay = new Relay();
  const { amina, g, box } = await talking(relay);
  const p = await answering(relay, peter, box);
  assert.equal(await p.care.take({ box }), false);
  assert.ok(p.had('taken'));
});

test('a reload in the middle of a talk loses no letter and no number', async () => {
  const relay = new Relay();
  const { amina, g } = await talking(relay);
  await amina.care.write('one');
  relay.down = true;
  await amina.care.write('two');
  stop(amina);
  relay.down = false;
  const again = asker(relay, amina.keep);
  again.care.resume();
  await until(() => texts(g.care.talks.row).length === 2);
  assert.deepEqual(texts(g.care.talks.row), ['one', 'two']);
});

test('a letter on the screen is kept, also when the page goes away before it is sealed', async () => {
  const relay = new Relay();
  const { amina, g } = await talking(relay);
  await amina.care.write('one');
  amina.care.write('two');
  const kept = drawer();
  for (const [name, text] of amina.keep.held) kept.held.set(name, text);
  stop(amina);
  asker(relay, kept).care.resume();
  await until(() => texts(g.care.talks.row).length === 2);
  assert.deepEqual(texts(g.care.talks.row), ['one', 'two']);
});

test('a talk that is over does not come back to the screen, where what is written would go nowhere', async () => {
  const relay = new Relay();
  const { amina, g } = await talking(relay);
  for (const one of [amina, g]) one.heard.length = 0;
  const { row } = g.care.talks;
  g.care.talks.over(row);
  g.care.talks.heard(row, 'letters', 1);
  amina.care.meet(amina.care.row.taker);
  await amina.care.close();
  await new Promise((r) => setTimeout(r, 50));
  assert.ok(!g.had('talk') && !g.had('letters'));
  assert.equal(g.heard.filter(([w]) => w === 'over').length, 1);
  assert.ok(!amina.had('taken'));
});

test('a phone that could not keep a talk once forgets it all the same when it ends', async () => {
  const relay = new Relay();
  const { g } = await talking(relay);
  const { talks } = g.care;
  const full = { ...talks.keys, keep: async () => assert.fail('the disk is full') };
  const { keys } = talks;
  await talks.saved;
  talks.keys = full;
  talks.save();
  await talks.saved.catch(() => null);
  talks.keys = keys;
  await g.care.close();
  await g.care.talks.saved;
  assert.equal(await grace.keys.recall('open'), null);
});

test('a close that did not get through is said again at the next load', async () => {
  const relay = new Relay();
  const { amina, g } = await talking(relay);
  relay.down = true;
  await amina.care.close();
  relay.down = false;
  assert.equal(relay.boxes.size, 1);
  await asker(relay, amina.keep).care.undo();
  assert.equal(relay.boxes.size, 0);
  assert.equal(amina.keep.held.size, 0);
});

test('length and set are the same whatever is chosen; who was left out stands last and gets a dummy', async () => {
  const shape = (body) => {
    const b = JSON.parse(body);
    return JSON.stringify([body.length, [...b.order].sort(), Object.values(b.copies).map((c) => c.ct.length)]);
  };
  const plain = await posting(await newAsk(choice, directory), directory);
  const out = [grace.keys.pid, peter.keys.pid];
  const rich = { lang: 'sw', chan: 'call', all: false, wish: people[2].keys.pid, out, contact: { name: 'Amina', tel: '0712345678', place: 'Resus 2' } };
  const ask = await newAsk(rich, directory);
  const body = await posting(ask, directory);
  assert.equal(shape(plain), shape(body));
  const b = JSON.parse(body);
  assert.equal(b.order[0], people[2].keys.pid);
  assert.deepEqual(b.order.slice(-2).sort(), [...out].sort());
  const open = ({ keys }) => openCopy(PROGRAMME, unhex(b.box), keys.pid, keys.sealing[0], unb64(b.copies[keys.pid].ct));
  assert.deepEqual(await open(grace), { answered: 1 });
  assert.equal((await open(people[2])).lang, 'sw');
  assert.ok(!body.includes('Amina') && !body.includes('0712'));
});

test('nothing ties two asks of one phone together', async () => {
  const [a, b] = await Promise.all([newAsk(choice, directory), newAsk(choice, directory)]);
  const flat = (x) => [x.box, x.cap, x.kc, x.page.handle, x.contact, ...Object.values(x.keys).flatMap((k) => [k.k, k.cap])];
  assert.equal(flat(a).filter((v) => flat(b).includes(v)).length, 0);
});

test('a contact too long for its block is cut, never refused', async () => {
  const ask = await newAsk({ ...choice, contact: { name: 'அ'.repeat(40), tel: '0712345678', place: 'ஆ'.repeat(60), near: 'Otieno, 0700 333 444' } }, directory);
  assert.equal(unb64(ask.contact).length, 284);
  const { near, tel } = await openContact(PROGRAMME, unhex(ask.box), unhex(ask.kc), unb64(ask.contact));
  assert.deepEqual([near, tel], ['Otieno, 0700 333 444', '0712345678']); // half a number would ring somebody else
});

test('of more than forty peers forty are drawn, whoever was wished for', async () => {
  const many = { ...directory, peers: Array.from({ length: 60 }, (_, i) => ({ ...directory.peers[0], pid: i.toString(16).padStart(8, '0') })) };
  const hits = [];
  for (let i = 0; i < 60; i++) hits.push((await newAsk({ ...choice, wish: '00000000' }, many)).wished);
  assert.ok(hits.includes(true) && hits.includes(false));
  assert.equal((await newAsk(choice, many)).order.length, 40);
});

test('a professional has a copy of each ask, and a place as anybody', async () => {
  const named = '00000003';
  const peers = Array.from({ length: 60 }, (_, i) => ({ ...directory.peers[0], pid: i.toString(16).padStart(8, '0') }));
  for (const peer of peers) peer.card = { ...peer.card, professional: peer.pid === named };
  const places = new Set();
  for (let i = 0; i < 60; i++) {
    const { order } = await newAsk({ ...choice, wish: '00000009', join: i % 2 ? 'lusab-babad' : '' }, { ...directory, peers });
    assert.equal(new Set(order).size, 40);
    places.add(order.indexOf(named));
  }
  assert.ok(!places.has(-1) && places.size > 10);
});

test('whom to call goes with the contact, sealed in the same bytes', async () => {
  const kin = 'Zuhura 0722 000 111';
  const asks = await Promise.all([{}, { name: 'Amina', tel: '0712345678', place: 'ஆ'.repeat(60), near: kin }].map((contact) => newAsk({ ...choice, contact }, directory)));
  const opened = await Promise.all(asks.map((a) => openContact(PROGRAMME, unhex(a.box), unhex(a.kc), unb64(a.contact))));
  assert.deepEqual(opened[0], { name: '', tel: '', place: '', near: '' });
  assert.deepEqual([opened[1].near, opened[1].tel], [kin, '0712345678']); // the place is cut, not these
  assert.equal(asks[0].contact.length, asks[1].contact.length);
});

test('a yes whose answer was lost is said again once the box rings no more, and is the same yes', async () => {
  const relay = new Relay(async () => signedList);
  asker(relay).care.ask(choice, directory);
  await until(() => relay.boxes.size === 1);
  const [box] = relay.boxes.keys();
  const [g, p] = [await answering(relay, grace, box), await answering(relay, peter, box)];
  let lost = 2; // of two answers, the first one's yes did not arrive either
  const { call } = g.care.net;
  g.care.net = {
    async call(method, path, ...more) {
      if (path === 'box/take' && lost === 2) throw new Unreached(`lost: ${lost--}`);
      const answer = await call(method, path, ...more);
      if (path === 'box/take' && lost === 1) throw new Unreached(`lost: ${lost--}`);
      return answer;
    },
  };
  await assert.rejects(g.care.take({ box }), Unreached);
  await g.care.yesAgain([{ box }]); // it rings still: a tap says it again, and nothing by itself
  assert.equal(g.care.talks.row, undefined);
  await assert.rejects(g.care.take({ box }), Unreached);
  assert.equal(relay.boxes.get(box).taker, grace.keys.pid);
  await g.care.read([]); // nobody is rung for it any more
  await g.care.yesAgain([]);
  assert.equal(g.care.talks.row.box, box);
  await until(() => g.had('talk'));

  lost = 2;
  p.care.net = g.care.net;
  await assert.rejects(p.care.take({ box }), Unreached);
  await p.care.yesAgain([]);
  assert.ok(p.had('taken')); // a colleague was quicker, and this phone is told so
});

test('a second tap on "I will take it" is the same yes, and loses no letter written in between', async () => {
  const relay = new Relay(async () => signedList);
  const amina = asker(relay);
  amina.care.ask(choice, directory);
  await until(() => relay.boxes.size === 1);
  const [box] = relay.boxes.keys();
  const g = await answering(relay, grace, box);
  const [one, two] = await Promise.all([g.care.take({ box }), g.care.take({ box })]);
  assert.ok(one && two);
  const { row } = g.care.talks;
  await g.care.talks.write('I am here.');
  assert.ok(await g.care.take({ box }));
  assert.equal(g.care.talks.row, row);
  await until(() => amina.care.row?.letters.length === 1);
});
