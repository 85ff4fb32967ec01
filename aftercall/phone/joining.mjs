// The form of somebody who was told two words: through whose phone, under which name. Nothing is sent before the press.

import { random, spoken } from './bytes.mjs';
import { tidyName, tidyWords } from './together.mjs';
import { byId, hide, make, show } from './view.mjs';

const form = byId('join-form');
let join = () => {};

/** Shows the form. `ask(choice, phone)` is called on the press. */
export function offerJoin(directory, phone, ask) {
  join = ask;
  const named = [...directory.peers].sort((a, b) => a.card.name.localeCompare(b.card.name));
  const text = ({ card }) => [card.name, card.profession, card.unit].filter(Boolean).join(', ');
  byId('j-host').replaceChildren(make('option', { value: '' }), ...named.map((peer) => make('option', { value: peer.pid }, text(peer))));
  if (phone) for (const radio of form.querySelectorAll('[name=whose]')) radio.checked = radio.value === phone;
  byId('j-name').value ||= spoken(random(2));
  show('join');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const words = tidyWords(byId('j-words').value);
  hide('join-wrong', !!words);
  if (!words) return byId('j-words').focus();
  const choice = { lang: document.documentElement.lang, chan: 'letters', all: false, wish: byId('j-host').value, out: [], contact: {}, later: 0 };
  join({ ...choice, join: words, handle: tidyName(byId('j-name').value) }, form.querySelector('[name=whose]:checked').value);
  return form.reset();
});
