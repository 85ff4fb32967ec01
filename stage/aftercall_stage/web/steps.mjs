// The tour's twelve steps. Each does real acts on the stage, waits until what it speaks of stands in the rows or on a phone, and points there.

import { rowsOf } from './story.mjs';

const BY_ITSELF = ['ear']; // when a feed last spoke: written each minute, whatever else happens
const OURS = 'I’m here. I have the whole hour.';
const THEIRS = 'He was nineteen.';
const COPIES = 9;

/** Every row of the hospital's half that is not written by the clock alone, as one text to compare. */
function held({ board }) {
  const tables = Object.entries(board.inside.tables).filter(([name]) => !BY_ITSELF.includes(name));
  return { rows: tables.reduce((sum, [, table]) => sum + table.rows.length, 0), text: JSON.stringify(tables) };
}

/** Whether everything that the death led to has been written down; else the next row would come of it, and not of her asking. */
const settled = ({ board }) => [['attendance', 'day'], ['prompt', 'done']].every(([name, step]) => rowsOf(board.inside, name).every((row) => row.step === step));

const unchanged = (view, memory) => held(view).text === memory.before?.text;

/** Whether any name or number of the hospital's staff stands in a row of the care half. */
function namesNobody({ board }) {
  const theirs = JSON.stringify(board.outside.tables);
  return rowsOf(board.inside, 'staff').every(({ name, phone }) => !theirs.includes(name) && !theirs.includes(phone));
}

function alike(copies) {
  return copies.length === COPIES && new Set(copies.map(({ ct }) => ct.split(' ')[0])).size === 1;
}

const texts = ({ board }, key) => board.phones.find((phone) => phone.key === key).texts.map(({ text }) => text);
const note = (view) => texts(view, 'amina')[0].split(/:? *https?:/)[0];
const ringing = ({ is }) => (is.rings.has('grace') ? 'grace' : [...is.rings][0]) ?? is.taker.toLowerCase();
const capital = (key) => key[0].toUpperCase() + key.slice(1);
const ASKED = '#wait, #letters, #ended';

/** Whom her phone rings is its own draw; where nobody who rings will answer, the clock is moved as a visitor would move it. */
async function ring(stage) {
  let { is } = await stage.until((view) => view.is.rung.length || view.is.taker, 'a first ring');
  for (let waves = 0; waves < 2 && !is.rings.size && !is.taker; waves++) {
    const before = is.rung.length;
    await stage.ask('/stage/clock', { by: 300 });
    ({ is } = await stage.until((view) => view.is.rung.length > before, 'the next wave'));
  }
}

export const STEPS = [
  {
    title: 'A death is heard',
    wait: 'Nine colleagues come on duty, then it is 22:47.',
    async act(stage) {
      await stage.until(({ is }) => is.onDuty >= COPIES, 'nine colleagues on duty');
      await stage.ask('/stage/tell', {});
    },
    seen: ({ board }) => board.told?.ack.some((line) => line.startsWith('MSA|AA')) && board.told.sms_ms !== null,
    what: 'the hospital’s half has heard the message and written to somebody',
    say: () => 'A quiet night, nine trained colleagues on duty. Then a nineteen-year-old dies in Resus, and the hospital’s record system says so as it always does: nobody fills in a form.',
    at: ['#message'],
  },
  {
    title: 'Who was there',
    seen: (view) => rowsOf(view.board.inside, 'attendance').length === 5 && !held(view).text.includes('Kiprono'),
    what: 'five rows of who was there, and none with the patient’s name',
    say: () => 'The hospital’s half works out who was there: Juma and Amina stand in the record, a nurse, a cleaner and a porter on the rota of the room. The patient’s name is never kept.',
    at: ['#inside [data-table=attendance]'],
  },
  {
    title: 'The same words for everyone',
    seen: (view) => texts(view, 'juma').length === 1 && view.is.alike && rowsOf(view.board.inside, 'told').length === 5,
    what: 'one message, word for word the same, on both phones',
    say: (view) => `All five get the same note, each in their language: “${note(view)}”. Whoever looks over a shoulder learns nothing from it, and STOP ends it for good.`,
    at: ['juma', 'amina'],
  },
  {
    title: 'A few minutes, and cover',
    async act(stage) {
      await stage.open('amina');
      await stage.press('amina', '#home [data-go=minute]', { past: `#minute, #talk, ${ASKED}` });
      await stage.press('amina', '[data-min="1"]', { past: `#left, #minute-end, #talk, ${ASKED}` });
    },
    seen: (view) => texts(view, 'unit').length === 1 && settled(view),
    what: 'a message on the unit’s own phone, and every message marked as sent',
    say: () => 'Amina opens the link: no account, no name. Her minute’s pause stays on her phone, and the unit’s own phone is reminded of what a shift can give: cover, a pause together, a talk before home.',
    at: ['amina', 'unit'],
  },
  {
    title: 'Amina asks for someone',
    async act(stage) {
      await stage.press('amina', '#minute a[data-go=home]', { past: `#home, #talk, ${ASKED}` });
      await stage.press('amina', '#home [data-go=talk]', { past: `#ask, ${ASKED}` });
      await stage.press('amina', '#ask label:has([value=own])', { past: ASKED });
      await stage.press('amina', '#who summary', { past: `#who[open], ${ASKED}` });
      await stage.press('amina', '#peers label', { text: 'Ask for Grace', past: ASKED });
      await stage.until((view) => view.board.inside && (stage.memory.before ??= held(view)), 'the hospital’s rows');
      await stage.press('amina', '#ask [type=submit]', { past: ASKED });
    },
    seen: (view) => view.is.box && alike(rowsOf(view.board.outside, 'page_copy')) && namesNobody(view),
    what: 'nine copies of one size in the care half, and no name or number of the staff in any of its rows',
    say: () => 'Amina asks for Grace. Her phone seals nine copies of one size, one for each colleague. The care half holds these bytes, and the names of those who answer; hers stands nowhere in it.',
    at: ['#outside [data-table=page_copy]'],
  },
  {
    title: 'What the hospital sees of it',
    seen: (view, memory) => view.is.box && unchanged(view, memory),
    what: 'the hospital’s rows as they were before she asked',
    say: (view, memory) => `Now the hospital’s half: ${memory.before.rows} rows before she asked, the same ${held(view).rows} now, not one changed. It can’t tell anybody who asked, for it never hears of an ask.`,
    at: ['#inside'],
  },
  {
    title: 'A phone rings',
    act: ring,
    seen: (view, memory) => (memory.who = ringing(view) || undefined),
    what: 'a ring on Grace’s or Peter’s phone',
    say: (view, { who }) => `${capital(who)}’s phone rings, and others with it. If none of them could answer, more would be rung every five minutes, and in the end everyone, and the duty phone.`,
    at: ({ who }) => [who],
  },
  {
    title: 'Words only they can read',
    async act(stage) {
      const { who } = stage.memory;
      await stage.open(who);
      await stage.press(who, '#pages .go.main', { past: '#letters' });
      await stage.write(who, OURS);
      await stage.see('amina', '#bubbles', OURS);
      await stage.write('amina', THEIRS);
      await stage.see(who, '#bubbles', THEIRS);
    },
    seen: (view) => view.is.box?.state === 'talk' && ![OURS, THEIRS].some((words) => JSON.stringify([view.board.inside, view.board.outside]).includes(words)),
    what: 'both letters on both phones, and neither in any row',
    say: (view, { who }) => `${capital(who)} says yes, and every other copy is deleted. What they write, only their two phones can open: the server carries sealed bytes, and only until they are fetched.`,
    at: ({ who }) => ['amina', who],
  },
  {
    title: 'The rows are gone',
    act: (stage) => stage.press('amina', '#letters [data-go=close]', { past: '#ended, #home' }),
    seen: (view, memory) => view.is.over && unchanged(view, memory),
    what: 'no row of the ask in the care half, and the hospital’s rows as they were',
    say: () => 'Amina ends the talk. Box, copies, rings and letters are deleted, from the file too. The hospital holds what it would hold if nobody had asked.',
    at: ['#outside .empties'],
  },
  {
    title: 'What leaders get',
    seen: ({ board }) => rowsOf(board.outside, 'agg').length === 3,
    what: 'the three figures of the sheet',
    say: () => 'Each quarter one signed sheet, the same for everyone: how many asked, how many were met in fifteen minutes, how often more had to be rung. Noise goes in before counting begins, and figures under ten stay unsaid.',
    at: ['#outside [data-table=agg]'],
  },
  {
    title: 'What nobody can promise',
    seen: () => true,
    say: () => 'A colleague may see you step out, and your network sees that a phone opens this page. Whoever changes the program could read what is typed from then on. No outsider has reviewed it yet.',
    at: ['#limits'],
  },
  {
    title: 'How to start',
    seen: () => true,
    say: () => 'Begin with one unit, with peers your staff already trust, and with somebody who is not the employer to run the care half. Your own messages can be tried on it before anybody is written to.',
    at: ['#start'],
  },
];
