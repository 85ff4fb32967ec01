// Where in the night we are, read off the rows and the phones alone; and what to press next.

import { instant } from './make.mjs';

export const STEPS = ['Quiet', '22:47', 'A message', 'A minute, an ask', 'Ringing', 'A talk', 'Nothing remains'];
const ASK_TABLES = ['box', 'page_copy', 'ring', 'msg'];

/** The rows of one table as objects; none when there is no such table. */
export function rowsOf(half, name) {
  const table = half?.tables?.[name];
  return table ? table.rows.map((row) => Object.fromEntries(table.columns.map((column, i) => [column, row[i]]))) : [];
}

function names(half) {
  const cards = rowsOf(half, 'peer').map((peer) => [peer.pid, JSON.parse(JSON.parse(peer.entry).card).name]);
  return Object.fromEntries(cards);
}

/** What the rows say of the ask: who rings now, who holds it, and whether there was one at all. */
export function facts(board, memory) {
  const { outside, phones } = board;
  const [box] = rowsOf(outside, 'box');
  const copies = rowsOf(outside, 'page_copy');
  const rung = box ? copies.filter((c) => c.wave > 0).map((c) => c.pid) : [];
  const open = box?.state === 'open' && !box.holder;
  const left = ASK_TABLES.reduce((sum, name) => sum + rowsOf(outside, name).length, 0);
  const texts = (key) => (phones.find((p) => p.key === key)?.texts ?? []).map((t) => t.text);
  if (box) memory.asked = true;
  return {
    box, left,
    onDuty: rowsOf(outside, 'peer').filter((p) => p.duty_until).length,
    rung, names: names(outside),
    rings: new Set(phones.filter((p) => p.pid && open && rung.includes(p.pid)).map((p) => p.key)),
    taker: phones.find((p) => p.pid && p.pid === box?.holder)?.name ?? '',
    written: texts('amina').length,
    alike: texts('amina')[0] === texts('juma')[0],
    over: memory.asked && !left,
  };
}

const list = (words) => new Intl.ListFormat('en', { type: 'conjunction' }).format(words);

/** `[step, sentence]`; a sentence's `**words**` are what stands on a button. */
export function place(board, is, opened) {
  if (board.state !== 'ready') return [0, board.say];
  if (is.over) return [6, after(board, is)];
  if (is.box) return asked(is);
  if (is.written && opened) return [3, 'This is the page as it stands on any phone. **Take a minute** if you like (**+1 min** moves its clock too), then press **Talk to someone**, say whose phone it is, and **Ask now**.'];
  if (is.written) return [2, `Juma and Amina have the same message, ${is.alike ? 'word for word' : 'each in their language'}. To a stranger it says nothing. On Amina’s phone, press **Open the link**.`];
  if (board.told) return [1, 'The hospital’s half has heard it and works out who was there.'];
  if (is.onDuty < 9) return [0, `Grace and Peter make their keys and go on duty; nothing to press for you. ${is.onDuty} of nine are there.`];
  return [0, 'A quiet night, nine colleagues on duty. Press **22:47**: in Resus, a patient dies.'];
}

function after(board, is) {
  if (is.written > 1) return 'A day later the same few words, to everyone who was there, whether they asked or not: nobody knows, so nobody is singled out. **Start over** for a new night.';
  const due = Math.min(...rowsOf(board.inside, 'attendance').map((row) => (row.due ? instant(row.due) : Infinity)));
  const slept = due - new Date(board.now) < 10 * 3_600_000;
  if (slept) return 'The next night. They are at home now and it is late: what is due for them waits until quiet hours end. Press **07:00**.';
  return 'Nothing remains. Every table of the ask is empty, and the hospital holds what it would hold if nobody had asked. **+24 h** goes on to the next night, **Start over** to a new one.';
}

function asked({ box, rung, names: known, rings, taker }) {
  if (box.state === 'ended') return [6, 'One side has closed. What is left is one empty row, until Amina’s phone has read that it is over.'];
  if (box.state === 'talk') return [5, `Amina and ${taker || 'a colleague'} have met: all other copies and the contact block are gone. Write both ways. Then, on either phone, **End the talk and delete it**.`];
  if (box.holder) return [5, `${taker || 'A colleague'} said yes, and the others can’t any more. It counts as met when Amina’s phone has fetched a first letter: write one on ${taker ? `${taker}’s` : 'that'} phone.`];
  if (rings.size === 1) return [4, `${rings.has('grace') ? 'Grace' : 'Peter'}’s phone rings. On it, press **I’ll take it**.`];
  if (rings.size) return [4, 'Grace’s and Peter’s phones ring. On either, press **I’ll take it**: the first yes wins.'];
  const called = list(rung.map((pid) => known[pid] ?? 'someone').sort());
  if (!rung.length) return [4, 'The ask is on the disk. The first wave is being rung.'];
  return [4, `Amina’s phone drew by chance: ${called}. None of them will answer tonight. Press **+5 min**, and the next wave is rung.`];
}
