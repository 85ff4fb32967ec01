// The stage's helping hand on a colleague's phone: it makes the keys by the product's own code, then types and presses as a person would.

import { enrol, enrolled } from '/phone/keys.mjs';
import { clear } from './clear.mjs';

const hand = document.getElementById('hand');
const page = document.getElementById('page');
const say = (text) => void (hand.textContent = text);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The stage's clock, and its tour's hand, passed on to the page within.
addEventListener('message', (event) => page.contentWindow?.postMessage(event.data, location.origin, [...event.ports]));

async function until(find, what) {
  for (let tries = 0; tries < 600; tries++) {
    const found = find();
    if (found) return found;
    await rest(50);
  }
  throw new Error(`the page shows no ${what}`);
}

const find = (selector) => page.contentDocument?.querySelector(selector);
const visible = (selector) => until(() => (find(selector)?.checkVisibility() ? find(selector) : null), selector);

async function makeKeys({ card, phrase, programme }) {
  say(`Making ${card.name}’s keys on this phone`);
  const request = await enrol(card, phrase, programme);
  say('The coordinator certifies the card with the root');
  const answer = await fetch('/stage/certify', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(request) });
  if (!answer.ok) throw new Error(`certify: ${answer.status}`);
}

async function onDuty({ phrase }) {
  page.src = '/peer';
  const field = await visible('#u-phrase');
  say(`Unlocking with the phrase “${phrase}”`);
  field.value = phrase;
  find('#unlock-form').requestSubmit();
  await until(() => (find('#duty')?.checkVisibility() || find('#ringing')?.checkVisibility() || find('#letters')?.checkVisibility()), 'page behind the lock');
  await rest(700); // what the server says of this phone's duty
  if (find('#status').dataset.on === '1' || !find('#duty').checkVisibility()) return;
  say('Going on duty for eight hours');
  (await visible('[data-go=wasnot]')).click();
  (await visible('[data-hours="8"]')).click();
  await visible('#duty-on');
}

try {
  const is = await (await fetch('/stage/card')).json();
  await clear(is.story);
  const here = await enrolled();
  if (!here && is.pid) say(`${is.card.name}’s keys are in the browser that opened this night first. Start over to have them here.`);
  else {
    if (!here) await makeKeys(is);
    await onDuty(is);
    hand.hidden = true;
  }
} catch (error) {
  console.error(error);
  say('The stage’s hand got stuck. Start over, or go on by hand: the lock phrase is “quiet lamp in the hall”.');
}
