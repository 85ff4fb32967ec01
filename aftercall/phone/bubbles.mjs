// A talk on the screen: letters in order, what is on its way, and what is missing. Nothing here is kept.

import { byId, make, sentence } from './view.mjs';

/** Draws the letters anew where they changed; `other` is whose letters the left ones are, where none says it (`by`). */
export function drawLetters(letters, other, list = byId('bubbles')) {
  while (list.children.length > letters.length) list.lastChild.remove();
  letters.forEach((letter, i) => {
    const kind = letter.gap ? 'gap' : letter.me ? 'me' : 'they';
    const mark = `${kind}|${letter.state ?? ''}|${letter.by ?? ''}|${letter.text ?? ''}`;
    const old = list.children[i];
    if (old && marks.get(old) === mark) return;
    const item = letter.gap
      ? make('li', { class: 'gap' }, sentence('gap'))
      : make('li', { class: kind }, whose(letter, other), make('p', { dir: 'auto' }, letter.text));
    if (letter.me) item.append(make('small', {}, sentence(letter.state)));
    marks.set(item, mark);
    if (old) old.replaceWith(item);
    else list.append(item);
    if (!old) item.scrollIntoView({ block: 'nearest' });
  });
}

const whose = ({ me, by }, other) => (by ? make('b', { class: 'by', translate: 'no' }, by) : make('span', { class: 'sr' }, `${me ? sentence('me') : other}: `));

const marks = new WeakMap();

/** The box to write in: sends on the button, and on Enter with Ctrl or Cmd; an empty letter is not one. It empties when the talk has the words. */
export function writing(send, form = 'write', field = 'text') {
  const text = byId(field);
  const go = async (event) => {
    event.preventDefault();
    const letter = text.value.trim();
    if (!letter) return text.focus();
    const kept = send(letter); // throws when there is no talk to take it, and the words stay
    text.value = '';
    await kept;
    return text.focus();
  };
  byId(form).addEventListener('submit', go);
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) go(event);
  });
}

// Whoever comes back to a talk sees its newest letter.
document.addEventListener('shown', ({ detail }) => {
  if (detail === 'letters') byId('bubbles').lastElementChild?.scrollIntoView({ block: 'nearest' });
});
