// The page around the questions. It hears one word from them, and then the numbers stand alone on the screen; it asks and keeps nothing.

import { begin } from './leaf.mjs';
import { byId } from './view.mjs';

const frame = byId('questions');

function calling(now) {
  document.body.toggleAttribute('data-calling', now);
  byId('calling').hidden = !now;
  scrollTo(0, 0);
  (now ? byId('now-h') : frame).focus({ preventScroll: now });
}

addEventListener('message', ({ source, data }) => {
  if (source === frame.contentWindow && data === 'now') calling(true);
});
byId('again').addEventListener('click', () => calling(false));
begin();
