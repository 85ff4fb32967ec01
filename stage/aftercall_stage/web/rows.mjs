// Every row of a half, as it changes: new ones glow, changed cells glow, vanished ones fade, and a table that is empty again says so.

import { instant, make, stamp } from './make.mjs';

const LONGEST = 26;
const GLOW_MS = 2600;
const FADE_MS = 1600;

/** What each table is for, in a few words. A table without words here is shown all the same. */
const MEANING = {
  inside: {
    notice: 'what a feed said; patient and visit only as keyed hashes, 72 h', event: 'a loss, and what it weighs', attendance: 'who was there, and what goes to them next, 72 h',
    outbox: 'messages of 7, 30 and 90 days: a person and a day, no event', told: 'who was written to in the last 48 h', prompt: 'the message to the unit itself, once for a loss', trace: 'what a feed tells of who was where, 72 h', quiet: 'who said STOP, as a keyed hash',
    quarantine: 'what could not be read: kind and place, no content', staff: 'from the staff list', staff_id: 'their numbers in the record system', unit: 'wards and rooms', rota: 'who works when', alembic_version: 'the form of these tables',
  },
  outside: {
    box: 'a one-use mailbox: no name, no address', page_copy: 'one sealed copy for each colleague, alike in size', reach: 'by which roads a colleague wants to be rung', ring: 'a text message still to be sent to a colleague', msg: 'sealed letters, until they are fetched',
    agg: 'the figures of the quarterly sheet: noise first, then counted up', reminder: 'what the coordinator is told in time',
    peer: 'colleagues who answer: public, certified, by their own wish', session: 'colleagues signed in (a hash)', alembic_version: 'the form of these tables',
  },
};
const CALM = ['staff', 'staff_id', 'unit', 'rota', 'peer', 'session', 'alembic_version'];

const IS_TIME = /^(at|due|ends|begins|until|duty_until|test_until|rest_until|gathers_until|died_at|sender_at)$/;

function cell(column, value) {
  if (value === null) return make('td', { class: 'none' }, 'none');
  if (IS_TIME.test(column) && value > 1e9) return make('td', { title: `${column}: ${value}` }, stamp(instant(value)));
  const text = String(value);
  if (text.length <= LONGEST) return make('td', {}, text);
  return make('td', { title: text.length > 900 ? `${text.slice(0, 900)}…` : text }, `${named(text) ?? `${text.slice(0, 8)}…`} (${text.length})`);
}

/** A colleague's entry is long and signed; the name on its card says whose it is. */
function named(text) {
  try {
    const { name, profession } = JSON.parse(JSON.parse(text).card);
    return `${name}, ${profession} …`;
  } catch {
    return null;
  }
}

/** The old row that a new one most likely was: the same first cells, or none. */
function former(row, vanished) {
  return vanished.find(({ cells }) => cells.length === row.length && cells.slice(0, 3).every((c, i) => c === row[i]));
}

class Table {
  constructor(half, name) {
    this.name = name;
    this.rows = new Map();
    this.most = 0;
    this.count = make('span');
    this.head = make('tr');
    this.body = make('tbody');
    const scroll = make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${half}: rows of ${name}` }, make('table', {}, make('thead', {}, this.head), this.body));
    this.el = make('div', { class: 'table', 'data-table': name }, make('h3', {}, name, this.count, make('span', {}, MEANING[half][name] ?? '')), scroll);
  }

  draw({ columns, rows }, first) {
    if (!this.head.children.length) this.head.append(...columns.map((c) => make('th', { scope: 'col' }, c)));
    const now = new Map(rows.map((cells) => [JSON.stringify(cells), cells]));
    const vanished = [...this.rows.values()].filter(({ key }) => !now.has(key));
    for (const [key, cells] of now) {
      if (this.rows.has(key)) continue;
      const was = former(cells, vanished);
      const el = make('tr', {}, ...cells.map((value, i) => cell(columns[i], value)));
      if (!first) glow(was ? [...el.children].filter((_, i) => was.cells[i] !== cells[i]) : [el]);
      if (was) {
        vanished.splice(vanished.indexOf(was), 1);
        this.rows.delete(was.key);
        was.el.replaceWith(el);
      } else this.body.append(el);
      this.rows.set(key, { key, cells, el });
    }
    for (const { key, el } of vanished) {
      this.rows.delete(key);
      el.className = 'gone';
      setTimeout(() => el.remove(), FADE_MS);
    }
    this.most = Math.max(this.most, rows.length);
    this.count.textContent = rows.length === 1 ? '1 row' : `${rows.length} rows`;
  }
}

function glow(elements) {
  for (const el of elements) el.classList.add('new');
  setTimeout(() => elements.forEach((el) => el.classList.remove('new')), GLOW_MS);
}

/** One half on the page. `draw(half)` with every table it has. */
export function halfOf(name, section) {
  const room = section.querySelector('.tables');
  let tables;
  let empties;

  function reset() {
    tables = new Map();
    empties = make('ul');
    room.replaceChildren(make('div', { class: 'empties', hidden: true }, make('b', {}, 'Empty: '), empties));
  }
  reset();

  function draw(half) {
    const first = tables.size === 0;
    const order = Object.keys(half.tables).sort((a, b) => CALM.indexOf(a) - CALM.indexOf(b) || a.localeCompare(b));
    const bare = [];
    for (const key of order) {
      const table = tables.get(key) ?? new Table(name, key);
      tables.set(key, table);
      table.draw(half.tables[key], first);
      const lingers = table.body.children.length > 0;
      if (lingers && !table.el.isConnected) place(table.el, key, order);
      if (!lingers) table.el.remove();
      if (!half.tables[key].rows.length) bare.push(table);
    }
    empties.replaceChildren(...bare.map((t) => make('li', t.most ? { class: 'again' } : {}, t.name, make('span', {}, t.most ? ` empty again, held ${t.most} at most` : ''))));
    empties.parentElement.hidden = !bare.length;
  }

  /** Moving tables stand first, the list of empty ones after them, what was set up before the night last. */
  function place(el, key, order) {
    const after = order.slice(order.indexOf(key) + 1).map((k) => tables.get(k)?.el).find((e) => e?.isConnected && CALM.includes(e.dataset.table) === CALM.includes(key));
    if (after) after.before(el);
    else if (CALM.includes(key)) room.append(el);
    else empties.parentElement.before(el);
  }
  return { draw, reset };
}
