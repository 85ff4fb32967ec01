// The first thing that runs: hide the code from the address, show the start, make Leave work; then fetch what talking needs.

import { keepHere } from './keeping.mjs';
import { lasting, leaving, passing } from './leaving.mjs';
import { reset as resetMinute } from './minute.mjs';
import { due } from './reminders.mjs';
import { byId, languageName, show, showing } from './view.mjs';

/** What stands behind the '#' of an address; nothing when it is not ours. */
function markOf(address) {
  try {
    return decodeURIComponent(new URL(address).hash.slice(1));
  } catch {
    return '';
  }
}

const keepCode = (mark) => void (/^[\p{L}\p{N}]+([ -][\p{L}\p{N}]+){3}$/u.test(mark) && lasting.set('ac1.code', mark));

/** The staff code comes behind the '#', which no server sees. It is kept and taken out of the address at once. */
function takeCode() {
  const mark = markOf(location.href);
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  if (document.getElementById(mark)) return mark;
  keepCode(mark);
  return '';
}

/** The marks with which the page was opened: a link pressed before this ran has put another in their place by now. */
function openedWith() {
  const { opened } = document.documentElement.dataset;
  delete document.documentElement.dataset.opened;
  return [performance.getEntriesByType?.('navigation')[0]?.name, opened].map(markOf);
}

let asker = null;
let failed = 0;

/** Fetches the part of the page that asks. A try that failed is made again, and by then the numbers are on the screen. */
async function loadAsker() {
  try {
    asker = await import(failed ? `./asker.mjs?${failed}` : './asker.mjs');
    asker.begin();
  } catch (error) {
    failed += 1;
    console.error(error);
    if (showing() === 'talk') showOff();
    if (failed < 5) setTimeout(loadAsker, failed * 2000);
  }
}

function showOff() {
  byId('talk-load').hidden = true;
  byId('talk-off').hidden = false;
}

function go(where) {
  if (where === 'home' || where === 'now') return show(where);
  if (where === 'minute') {
    resetMinute();
    return show('minute');
  }
  if (where === 'again' && !asker) return location.reload();
  if (asker) return asker.go(where);
  show('talk');
  if (failed) showOff();
  return undefined;
}

document.addEventListener('click', (event) => {
  const away = event.target.closest('.way.plain');
  if (away && asker?.busy() && !passing.keeps) away.target = '_blank'; // the talk is in this page's memory alone
  const link = event.target.closest('[data-go]');
  if (!link) return;
  event.preventDefault();
  go(link.dataset.go);
});

leaving(() => asker?.leave());
openedWith().forEach(keepCode);
const mark = takeCode();
const asked = mark === 'numbers' ? 'talk' : mark; // "Talk" was pressed before this ran: it led to the numbers
addEventListener('hashchange', () => {
  const where = takeCode();
  if (where === '' && asker) asker.codeGiven();
});
byId('asked').hidden = !due(lasting);
const straight = asked === 'talk' || (asked && document.querySelector(`main > section#${CSS.escape(asked)}.late`));
show(straight ? asked : 'home');
loadAsker().then(keepHere);
for (const link of document.querySelectorAll('[data-lang]')) link.textContent = languageName(link.dataset.lang);
