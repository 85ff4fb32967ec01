// The page around the questions. It hears one word from them, and then the numbers stand alone on the screen; of answers it never sees more than a sealed block.

import { begin } from './leaf.mjs';
import { isShared, lasting } from './leaving.mjs';
import { byId } from './view.mjs';

const KEPT = 'ac1.checks';
const SEALED = /^[\w+/]{5520}$/; // what somebody chose to keep, under a phrase that stays in the frame (kept.mjs): all are of this size
const LATER = ['./lock.mjs', './kept.mjs', './past.mjs']; // what a history takes: the frame can fetch nothing, and knows it by its hash (frame.py)
const frame = byId('questions');
let script;

function calling(now) {
  document.body.toggleAttribute('data-calling', now);
  byId('calling').hidden = !now;
  scrollTo(0, 0);
  (now ? byId('now-h') : frame).focus({ preventScroll: now });
}

async function fetched(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  return answer.ok ? (await answer.text()).replace(/^import .*\n|^export /gm, '') : '';
}

/** Gives the frame what is kept, on a phone that may keep: not a shared one, nor a window that forgets. Fetched before anybody answers, so that it tells nothing. */
async function give() {
  if (!lasting.keeps || isShared()) return;
  script ??= Promise.all(LATER.map(fetched));
  const texts = await script.catch(() => []); // without a network, on the first visit: then nothing can be kept
  frame.contentWindow.postMessage({ script: texts.join(''), kept: lasting.get(KEPT) }, '*'); // it has no name to be called by, and can't be led elsewhere
}

addEventListener('message', ({ source, data }) => {
  if (source !== frame.contentWindow) return;
  if (data === 'now') calling(true);
  else if (data === 'forget') lasting.del(KEPT);
  else if (typeof data === 'string' && SEALED.test(data) && !isShared()) lasting.set(KEPT, data);
});
byId('again').addEventListener('click', () => calling(false));
frame.addEventListener('load', give);
begin();
give();
