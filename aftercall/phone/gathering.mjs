// A talk for several as its facilitator sees it: two words to tell, who is here, what was said, and an end for one or for all.

import { drawLetters, writing } from './bubbles.mjs';
import { tried } from './pressed.mjs';
import { Several } from './several.mjs';
import { byId, hide, make, oclock, put, sentence, show, showing } from './view.mjs';

let several = null;
let drawing = false;

function drawWho(one) {
  const state = one.away ? 's-unread' : one.aside ? 's-out' : one.here ? 's-here' : 's-coming';
  const go = make('button', { type: 'button', class: 'quiet', 'aria-label': `${sentence('letgo')}: ${one.who}` }, sentence('letgo'));
  go.addEventListener('click', () => several.letGo(one));
  return make('li', {}, make('b', { translate: 'no' }, one.who), make('span', {}, sentence(state)), go);
}

function draw() {
  drawing = false;
  if (!several) return undefined;
  const { row, on, members } = several;
  hide('to-several', !on || showing() === 'several');
  hide('sv-before', on);
  hide('sv-on', !on);
  if (!on) return drawLetters([], '', byId('sv-bubbles'));
  put('sv-words', row.words.replaceAll('-', ' '));
  for (const id of ['sv-tell', 'sv-words', 'sv-shut']) hide(id, !row.open);
  put('sv-until', sentence(row.open ? 'sv-until' : 'sv-shut', { time: oclock(row.until) }));
  hide('sv-wrong', !row.wrong);
  put('sv-wrong', sentence('sv-wrong', { n: row.wrong }));
  const marks = members.map((one) => [one.n, one.away, one.aside, one.here].join()).join(' ');
  const list = byId('sv-who');
  if (list.dataset.marks !== marks) list.replaceChildren(...members.map(drawWho)); // else a press would fall between two buttons
  list.dataset.marks = marks;
  put('sv-none', sentence(members.length ? 'here' : 'nobody', { n: members.length }));
  return drawLetters(row.log.map((entry) => (entry.me ? { me: 1, text: entry.text, state: 'repeated' } : entry)), '', byId('sv-bubbles'));
}

/** What `PeerCare` has of it, drawn with each change. */
function made({ net, keys, care, now }) {
  const tell = () => {
    if (!drawing) queueMicrotask(draw);
    drawing = true;
  };
  several = new Several({ net, keys, gather: (until) => care.gather(until), tell, now });
  return several;
}

/** Takes up what was open before a reload, and wires the screen. `over(time)` is called after the end. */
export async function gathering({ net, care, over }) {
  care.several = made({ net, keys: care.keys, care });
  await several.resume();
  draw();
  return {
    presses: {
      several: () => show('several'),
      'sv-begin': () => tried(() => several.begin(care.keys.card.name)),
      'sv-shut': () => tried(() => several.shut()),
      'sv-end': () => {
        const { time } = several.row;
        several.end().catch(() => {}); // that nobody else may come ends by itself, too
        over(time);
      },
    },
    get on() {
      return several.on;
    },
    beat: () => several.beat(),
    /** The page is locked: nothing of it stays on the screen. */
    lock() {
      several = null;
      drawLetters([], '', byId('sv-bubbles'));
      byId('sv-who').replaceChildren();
      delete byId('sv-who').dataset.marks;
      byId('sv-text').value = '';
      for (const id of ['sv-words', 'sv-none']) put(id, '');
    },
  };
}

writing((text) => {
  if (several?.on) several.write(text);
}, 'sv-write', 'sv-text');
document.addEventListener('shown', () => several && hide('to-several', !several.on || showing() === 'several'));
