// What somebody chose to keep of their checks: opened by their phrase, shown as plain rows, forgotten in one tap.

import { lockOf, locked, sealed, unsealed } from './kept.mjs';
import { SHORTEST_PHRASE } from './lock.mjs';

const DAY = 86_400_000;
const today = () => Math.floor((Date.now() - new Date().getTimezoneOffset() * 60_000) / DAY); // as the calendar here has it

/** `tell` gives something to the page around; `to` goes to a screen; `words` gives level, colour and figure in this page's language. */
export function past({ byId, tell, to, words }) {
  let kept = null; // the block, as the page around has it
  let lock = null; // after the phrase, for as long as this page is looked at
  let row = null; // what is to be kept next
  let had = ''; // and what was kept last: the same result is kept once
  const [phrase, again, go] = ['phrase-in', 'again-in', 'open'].map(byId);

  function wrong(which) {
    for (const id of ['short', 'differ', 'wrong']) byId(id).hidden = id !== which;
  }

  function empty() {
    phrase.value = again.value = '';
    wrong();
  }

  function drawn([day, level, colour, figures]) {
    const [li, date] = ['li', 'b'].map((tag) => document.createElement(tag));
    date.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeZone: 'UTC' }).format(day * DAY);
    const more = figures.map(words.figure);
    if (colour !== null) more.unshift(words.colour(colour));
    li.append(date, ` ${words.level(level)} ${more.join(', ')}`);
    return li;
  }

  /** Seals anew after a look as well: how often that was done tells nothing of how often something was kept. */
  async function settle() {
    const rows = kept ? await unsealed(lock, kept) : [];
    if (row) rows.push(row);
    tell((kept = await sealed(lock, rows)));
    if (row) had = JSON.stringify(row);
    row = null;
    byId('rows').replaceChildren(...rows.reverse().map(drawn));
    empty();
    to('kept');
  }

  /** A new phrase has to be long enough, and typed twice. */
  const fault = () => (kept ? '' : phrase.value.trim().length < SHORTEST_PHRASE ? 'short' : phrase.value !== again.value ? 'differ' : '');

  async function unlock() {
    wrong(fault());
    if (fault() || go.disabled) return;
    byId('busy').hidden = !(go.disabled = true);
    try {
      lock = await (kept ? lockOf(phrase.value, kept) : locked(phrase.value));
      await settle();
    } catch {
      lock = null;
      wrong('wrong');
    }
    byId('busy').hidden = !(go.disabled = false);
  }

  const on = () => (lock ? settle().catch(() => to('phrase')) : to('phrase')); // by now the block may be under another's phrase

  for (const field of [phrase, again]) field.addEventListener('keydown', ({ key }) => key === 'Enter' && unlock());
  go.addEventListener('click', unlock);

  return {
    /** The block that the page around has, or null. */
    heard(block) {
      kept = block;
      if (!kept) lock = null;
      byId('look').hidden = !kept;
    },
    /** Whether this row, `[day, level, colour or null, figures]`, was not kept just now. */
    fresh: (one) => had !== JSON.stringify(one),
    row: ({ level, figures }, colour) => [today(), level, colour, figures.map(({ called, total, of }) => [called, total, of])],
    keep(one) {
      row = one;
      return on();
    },
    look() {
      row = null;
      return on();
    },
    /** The screen asks for the phrase that is there, or for a new one. */
    asks() {
      empty();
      for (const el of document.querySelectorAll('#phrase [data-new]')) el.hidden = kept;
      byId('forget').hidden = !kept;
      return kept ? 'open' : 'new';
    },
    /** Whoever comes next finds it locked. */
    close() {
      lock = row = null;
      had = '';
      empty();
      byId('rows').replaceChildren();
    },
  };
}
