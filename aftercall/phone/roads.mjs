// How a peer is rung: by which roads, where, and after how many seconds; and whether a test by each of them arrived.

import { Refused } from './net.mjs';
import { byId, make, put, sentence } from './view.mjs';
import { canWake, heard, renewed, subscribe, unsubscribe, whyNot } from './wake.mjs';

export const ROADS = ['push', 'sms', 'voice', 'mail'];
const KIND = { sms: 'tel', voice: 'tel', mail: 'email' };
const words = () => ({ title: sentence('p-title'), body: sentence('p-body'), lang: document.documentElement.lang });

/** What is set, or what holds while nothing is: the card's number, by text and then by call. */
export function shownRoads({ roads, can, call }, tel) {
  const mine = new Map(roads.map((way) => [way.road, way]));
  const given = (road, n) => ({ road, to: tel, after: n * call, came: true, on: true });
  const spare = tel && !roads.length ? ['sms', 'voice'].filter((road) => can.includes(road)).map(given) : [];
  for (const way of spare) mine.set(way.road, way);
  const all = ROADS.filter((road) => can.includes(road) && (road !== 'push' || canWake() || mine.has('push')));
  const blank = (road) => ({ road, to: KIND[road] === 'tel' ? tel : '', after: 60, came: true, on: false });
  return all.map((road) => ({ on: true, ...(mine.get(road) ?? blank(road)) })).sort((a, b) => b.on - a.on || a.after - b.after);
}

/** One peer's roads on their page. `care()` gives whoever is unlocked. */
export function roadsOf(care) {
  const box = byId('roads-list');
  let told = null;
  let ways = [];
  let asked = new Set(); // by which a test has gone out, and nobody has said yet whether it came
  let allowed = Promise.resolve(true); // the last wish for pushes: where they go is known only when the browser has answered

  const say = (text) => void (put('roads-said', text).hidden = !text);

  async function tried(work, done = '') {
    say('');
    try {
      await work();
      say(done && sentence(done));
      return true;
    } catch (error) {
      say((error instanceof Refused && error.say) || sentence('nosend'));
      return false;
    }
  }

  const field = (way, name, more) => {
    const input = make('input', { id: `r-${way.road}-${name}`, ...more });
    input.addEventListener('input', () => say(''));
    return [make('label', { for: input.id }, sentence(`r-${name}`)), input];
  };

  function drawOne(way) {
    const { road } = way;
    const on = make('input', { type: 'checkbox', id: `r-${road}-on` });
    on.checked = way.on;
    on.addEventListener('change', () => void (road === 'push' && (allowed = on.checked ? allow(way, on) : Promise.resolve(true))));
    const parts = [make('label', { class: 'pick', for: on.id }, on, make('b', {}, sentence(`r-${road}`)))];
    if (KIND[road]) parts.push(...field(way, 'to', { type: KIND[road], value: way.to, maxlength: '80', autocomplete: 'off', dir: 'ltr' }));
    parts.push(...field(way, 'after', { type: 'number', value: String(way.after), min: '0', max: '600', step: '5', inputmode: 'numeric' }));
    if (road === 'push' && whyNot()) parts.push(make('p', { class: 'small' }, sentence(whyNot())));
    if (way.on && !way.came) parts.push(make('p', { class: 'warn' }, sentence('r-broken')));
    const test = make('button', { type: 'button', class: 'quiet', 'aria-label': `${sentence('r-test')}: ${sentence(`r-${road}`)}` }, sentence('r-test'));
    test.addEventListener('click', () => tested(road));
    if (way.on) parts.push(make('p', {}, test));
    if (asked.has(road)) parts.push(question(road));
    return make('li', { 'data-road': road }, ...parts);
  }

  function question(road) {
    const answers = [['yes', true], ['no', false]].map(([key, came]) => {
      const button = make('button', { type: 'button', 'data-came': key, 'aria-label': `${sentence('r-came')} ${sentence(`r-${road}`)}: ${sentence(key)}` }, sentence(key));
      button.addEventListener('click', () => arrived(road, came));
      return button;
    });
    return make('div', { class: 'note', role: 'status' }, make('p', {}, sentence('r-came')), make('p', { class: 'two' }, ...answers));
  }

  function draw() {
    box.replaceChildren(...ways.map(drawOne));
    byId('roads-form').hidden = !ways.length;
    byId('roads-none').hidden = ways.length > 0;
    byId('roads-reserve').checked = Boolean(told.reserve);
  }

  /** As it stands in the fields now. */
  const read = () => ways.map((way) => {
    const value = (name) => byId(`r-${way.road}-${name}`)?.value.trim();
    const [to, after] = [value('to') ?? way.to, Number(value('after'))];
    return { ...way, on: byId(`r-${way.road}-on`).checked, to, after, came: way.came || to !== way.to };
  });

  async function allow(way, on) {
    if (!(await tried(async () => void (way.to = await subscribe(told.push, words()).catch(() => ''))))) return false;
    if (!way.to) {
      on.checked = false;
      say(sentence(whyNot() || 'nopush'));
    }
    return Boolean(way.to);
  }

  /** Nothing is kept of a push that the browser is still asked about; refused, its reason stands there instead of "Saved.". */
  async function ready() {
    say('');
    const answer = allowed;
    const yes = await answer;
    if (allowed === answer) allowed = Promise.resolve(true);
    return yes;
  }

  async function save(fresh) {
    const roads = fresh.filter((way) => way.on && way.to).map(({ road, to, after, came }) => ({ road, to, after, came }));
    const reserve = byId('roads-reserve').checked;
    await care().as('PUT', 'peer/roads', { body: JSON.stringify({ roads, reserve }) });
    if (!roads.some((way) => way.road === 'push')) await unsubscribe().catch(() => {});
    await load();
  }

  async function tested(road) {
    const sure = byId('roads-form').reportValidity();
    if (sure && (await ready()) && (await tried(async () => {
      await save(read());
      await care().as('POST', 'peer/test', { body: JSON.stringify({ road }) });
    }, 'r-sent'))) {
      asked.add(road);
      draw();
    }
  }

  async function arrived(road, came) {
    asked.delete(road);
    ways = read().map((way) => (way.road === road ? { ...way, came } : way));
    await tried(() => save(ways), came ? '' : 'r-next');
  }

  async function load() {
    told = (await care().as('GET', 'peer/roads')).json;
    ways = shownRoads(told, care().keys.card.tel ?? '');
    draw();
  }

  byId('roads-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    if (await ready()) tried(() => save(read()), 'r-saved');
  });
  heard((what) => {
    if (what === 'push' && asked.has('push')) arrived('push', true);
    if (what === 'push') care()?.nudge();
    if (what === 'subscription') care() && tried(refresh);
  });

  /** Where this phone's address for pushes is another than the server has, it is told the new one. */
  async function refresh() {
    const way = ways.find((one) => one.road === 'push' && one.on);
    if (!way) return;
    const to = await renewed(told.push, words());
    if (to !== way.to) await save(read().map((one) => (one.road === 'push' ? { ...one, on: Boolean(to), to: to ?? '', came: true } : one)));
  }

  return {
    /** After the unlocking: what stands, and this phone's push made good. */
    open: () => tried(async () => {
      asked = new Set();
      await load();
      await refresh();
    }),
    /** A duty has begun, and its test ring goes by every road: which of them came? */
    ask() {
      asked = new Set(ways.filter((way) => way.on).map((way) => way.road));
      if (!asked.size) return;
      draw();
      byId('roads').open = true;
    },
  };
}
