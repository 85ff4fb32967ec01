// A ring that wakes a sleeper and tells a stranger nothing: two soft tones, a shake of the phone, a number in the title.

const EVERY_MS = 3_000;
const title = document.title;
let sound;
let timer;

/** Browsers let a page sound only after a press: call this from one. */
export function allowSound() {
  try {
    sound ??= new AudioContext();
    sound.resume();
  } catch { /* no sound on this phone: the pulse and the shake remain */ }
}

export function ringOnce() {
  globalThis.navigator.vibrate?.([350, 150, 350]);
  if (!sound) return;
  [[659, 0], [880, 0.32], [659, 0.64]].forEach(([pitch, after]) => {
    const at = sound.currentTime + after;
    const [tone, volume] = [sound.createOscillator(), sound.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.5, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
    tone.connect(volume).connect(sound.destination);
    tone.start(at);
    tone.stop(at + 0.55);
  });
}

/** Rings until `hush`, however often it is called. */
export function ring(waiting) {
  document.title = `(${waiting}) ${title}`;
  if (timer) return;
  ringOnce();
  timer = setInterval(ringOnce, EVERY_MS);
}

/** While a talk goes on: a number in the title, and for a new one a shake, without a sound. */
export function knock(waiting, news) {
  hush();
  document.title = waiting ? `(${waiting}) ${title}` : title;
  if (news) globalThis.navigator.vibrate?.([350, 150, 350]);
}

export function hush() {
  clearInterval(timer);
  timer = undefined;
  globalThis.navigator.vibrate?.(0);
}

export function calm() {
  hush();
  document.title = title;
}
