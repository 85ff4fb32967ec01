// A few minutes with nothing to do: the time is kept by the clock, so that a sleeping phone can't stretch it.

import { byId, sentence } from './view.mjs';

const lines = [...document.querySelectorAll('#pause li')];
let end = 0;
let length = 0;
let timer;

function draw() {
  const left = end - Date.now();
  if (left <= 0) return finish();
  const minutes = Math.ceil(left / 60_000);
  byId('left').textContent = sentence('minutesleft', { n: minutes });
  // Each line has an equal part of the time, at most 40 s; then the last one stays and the rest is silence.
  const each = Math.min(40_000, length / lines.length);
  const at = Math.min(lines.length - 1, Math.floor((length - left) / each));
  lines.forEach((li, i) => li.toggleAttribute('hidden', i !== at));
}

function start(minutes) {
  length = minutes * 60_000;
  end = Date.now() + length;
  document.body.dataset.minute = 'on';
  byId('minute-pick').hidden = true;
  byId('left').hidden = false;
  byId('minute-end').hidden = true;
  byId('pause').setAttribute('aria-live', 'polite');
  clearInterval(timer);
  timer = setInterval(draw, 500);
  draw();
  byId('minute-h').focus({ preventScroll: true });
}

function finish() {
  reset();
  document.body.dataset.minute = 'done';
  byId('minute-pick').hidden = true;
  byId('minute-end').hidden = false;
  byId('minute-say').textContent = sentence('done');
}

/** Back to "how long do you have?". */
export function reset() {
  clearInterval(timer);
  delete document.body.dataset.minute;
  lines.forEach((li) => li.removeAttribute('hidden'));
  byId('pause').removeAttribute('aria-live');
  byId('minute-pick').hidden = false;
  byId('left').hidden = true;
  byId('minute-end').hidden = true;
  byId('minute-say').textContent = '';
}

for (const button of document.querySelectorAll('[data-min]')) {
  button.addEventListener('click', () => start(Number(button.dataset.min)));
}
document.addEventListener('visibilitychange', () => end && !document.hidden && document.body.dataset.minute === 'on' && draw());
