// A few minutes with nothing to do: the time is kept by the clock, so that a sleeping phone can't stretch it. It ends softly, and in silence unless asked.

import { byId, sentence } from './view.mjs';

const lines = [...document.querySelectorAll('#pause li')];
const wished = (name) => byId('minute').querySelector(`[name=${name}]`).checked;
const LINE_MS = 40_000;
let end = 0;
let length = 0;
let timer;
let tone = null;
let awake = null;

function draw() {
  const left = end - Date.now();
  if (left <= 0) return finish();
  if (document.body.dataset.minute !== 'on') return undefined; // together nobody needs to be told the time
  byId('left').textContent = sentence('minutesleft', { n: Math.ceil(left / 60_000) });
  // Each line has an equal part of the time, at most 40 s; then the last one stays and the rest is silence.
  const at = Math.min(lines.length - 1, Math.floor((length - left) / Math.min(LINE_MS, length / lines.length)));
  lines.forEach((li, i) => li.toggleAttribute('hidden', i !== at));
  return undefined;
}

/** `how` is 'on' for one alone with the words, 'together' for a silence. */
function start(ms, how) {
  length = ms;
  end = Date.now() + ms;
  document.body.dataset.minute = how;
  byId('minute-pick').hidden = true;
  byId('left').hidden = how !== 'on';
  byId('minute-end').hidden = true;
  byId('pause').setAttribute('aria-live', how === 'on' ? 'polite' : 'off');
  byId('minute-say').textContent = how === 'on' ? '' : sentence('silence');
  if (wished('tone')) tone = bell(); // a browser lets a page sound only after a press, and this is one
  stayAwake();
  clearInterval(timer);
  timer = setInterval(draw, 500);
  draw();
  byId('minute-h').focus({ preventScroll: true });
}

function finish() {
  const how = document.body.dataset.minute;
  if (wished('buzz')) navigator.vibrate?.([180, 120, 180]);
  tone?.();
  reset();
  document.body.dataset.minute = 'done';
  byId('minute-pick').hidden = true;
  byId('minute-end').hidden = false;
  byId('end-alone').hidden = how !== 'on';
  byId('end-together').hidden = how === 'on';
  byId('minute-say').textContent = sentence('done');
}

/** One soft note, ready to be struck later. */
function bell() {
  try {
    const air = new AudioContext();
    return () => {
      const loud = air.createGain();
      loud.connect(air.destination);
      loud.gain.setValueAtTime(0.0001, air.currentTime);
      loud.gain.exponentialRampToValueAtTime(0.14, air.currentTime + 0.4);
      loud.gain.exponentialRampToValueAtTime(0.0001, air.currentTime + 4);
      const note = air.createOscillator();
      note.frequency.value = 262;
      note.connect(loud);
      note.onended = () => air.close();
      note.start();
      note.stop(air.currentTime + 4);
    };
  } catch {
    return null; // no sound on this phone
  }
}

/** The screen stays on while somebody breathes with it, where the browser can. */
async function stayAwake() {
  try {
    awake = await navigator.wakeLock.request('screen');
    if (!['on', 'together'].includes(document.body.dataset.minute)) letSleep();
  } catch { /* then it sleeps; the time goes on by the clock */ }
}

function letSleep() {
  awake?.release().catch(() => {});
  awake = null;
}

/** Back to "how long do you have?". */
export function reset() {
  clearInterval(timer);
  letSleep();
  tone = null;
  delete document.body.dataset.minute;
  lines.forEach((li) => li.removeAttribute('hidden'));
  byId('pause').removeAttribute('aria-live');
  byId('minute-pick').hidden = false;
  byId('left').hidden = true;
  byId('minute-end').hidden = true;
  byId('minute-say').textContent = '';
}

for (const button of document.querySelectorAll('[data-min]')) {
  button.addEventListener('click', () => start(Number(button.dataset.min) * 60_000, 'on'));
}
for (const button of document.querySelectorAll('[data-silence]')) {
  button.addEventListener('click', () => start(Number(button.dataset.silence) * 1000, 'together'));
}
document.addEventListener('visibilitychange', () => end && !document.hidden && ['on', 'together'].includes(document.body.dataset.minute) && draw());
