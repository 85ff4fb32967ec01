// The days after: my own reminders, kept on this phone or handed to its calendar.

import { begin } from './leaf.mjs';
import { isShared, lasting } from './leaving.mjs';
import { calendar, daysOf, due, keep, kept, read, stop, today } from './reminders.mjs';
import { byId, make, sentence } from './view.mjs';

const form = byId('mine');
const chosen = () => daysOf(form.elements.day.value, form.elements.level.value);
const inWords = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeZone: 'UTC' });

function draw() {
  const days = kept(lasting);
  byId('kept').hidden = !days.length;
  byId('dates').textContent = days.map((day) => inWords.format(new Date(day))).join(' · ');
  byId('asked').hidden = !due(lasting);
  byId('keep-on').hidden = isShared() || !lasting.keeps;
}

function hand() {
  const file = URL.createObjectURL(new Blob([calendar(chosen(), sentence('title'))], { type: 'text/calendar' }));
  make('a', { href: file, download: 'notes.ics' }).click();
  setTimeout(() => URL.revokeObjectURL(file), 60_000);
}

form.elements.day.value = today();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  hand();
});
byId('keep').addEventListener('click', () => {
  if (!form.reportValidity()) return;
  keep(lasting, chosen());
  draw();
});
byId('stop').addEventListener('click', () => {
  stop(lasting);
  draw();
});
byId('read').addEventListener('click', () => {
  read(lasting);
  draw();
});
begin();
draw();
