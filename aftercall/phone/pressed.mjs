// What a peer's press led to, said at the top of whatever they look at, until the next one.

import { Refused } from './net.mjs';
import { byId, hide, put, sentence, showing } from './view.mjs';

export function thank(key, n) {
  put('thanks', n ? `${n} · ${sentence(key)}` : sentence(key));
  hide('thanks', false);
}

/** A press that needs the server; when it does not get through, that is said. */
export async function tried(work) {
  try {
    await work();
  } catch (error) {
    const text = (error instanceof Refused && error.say) || sentence('nosend');
    put('duty-refused', text);
    hide('duty-refused', false);
    if (byId('duty-until').hidden || showing() !== 'duty') put('thanks', text).hidden = false;
  }
}
