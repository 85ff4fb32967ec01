// The duties to come, as a list: which I do, which I can't, and one more.

import { Refused } from './net.mjs';
import { inHours } from './rest.mjs';
import { byId, make, put, sentence } from './view.mjs';

const day = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short', day: 'numeric', month: 'short' }).format(at);
const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

/** Asks the server and draws what it says. Throws when it can't be reached. */
export async function drawPlan(care) {
  const turns = await care.turns();
  byId('turns').replaceChildren(...turns.map((t) => drawTurn(care, t)));
  byId('no-turns').hidden = turns.length > 0;
  const given = await care.keys.recall('given').catch(() => null);
  byId('given').hidden = !given;
  if (given) put('given', sentence('given', { hours: inHours(given) }));
}

function drawTurn(care, { begins, ends, on }) {
  const [from, to] = [new Date(begins), new Date(ends)];
  const said = `${day(from)}, ${clock(from)} – ${clock(to)}`;
  const button = make('button', { type: 'button', class: 'quiet', 'data-turn': begins, 'aria-label': `${sentence(on ? 'cant' : 'can')}: ${said}` }, sentence(on ? 'cant' : 'can'));
  button.addEventListener('click', () => changed(care, () => care.turn(!on, begins, ends)));
  return make('li', {}, on ? make('b', {}, said) : make('s', {}, said), button);
}

/** One change, and the list anew. What the server does not take is said, and the list stays. */
async function changed(care, change) {
  const refused = byId('turn-refused');
  refused.hidden = true;
  try {
    await change();
    await drawPlan(care);
  } catch (error) {
    refused.textContent = (error instanceof Refused && error.say) || sentence('nosend');
    refused.hidden = false;
  }
}

/** Wires the form; `care()` gives whoever is unlocked. */
export function planning(care) {
  const form = byId('turn-form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const said = new FormData(form);
    const from = new Date(`${said.get('day')}T${said.get('from')}`);
    const to = new Date(`${said.get('day')}T${said.get('to')}`);
    if (to <= from) to.setDate(to.getDate() + 1); // a night ends on the next day
    await changed(care(), () => care().turn(true, from, to));
    if (byId('turn-refused').hidden) form.reset();
  });
}
