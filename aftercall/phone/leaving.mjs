// What this phone keeps of us, whose phone it is, and Leave: the screen first, then everything else.

import { drawer } from './drawer.mjs';
import { forgetting, letGo } from './keeping.mjs';
import { net } from './net.mjs';
import { allSaid, sayClosed } from './undone.mjs';
import { byId } from './view.mjs';

const storage = (name) => {
  try {
    return globalThis[name];
  } catch {
    return undefined; // a browser may refuse even to be asked
  }
};
export const lasting = drawer(storage('localStorage'));
export const passing = drawer(storage('sessionStorage'));

export const isShared = () => passing.get('ac1.phone') === 'shared';

/** An ask or a talk that goes on while another page is looked at. */
export const openBox = () => passing.get('ac1.box') ?? lasting.get('ac1.box');

/** Forgets all that this phone keeps, but for a close that must still be said. */
export function forget() {
  for (const name of ['ac1.code', 'ac1.dir', 'ac1.root', 'ac1.phone', 'ac1.box', 'ac1.days']) {
    lasting.del(name);
    passing.del(name);
  }
}

/**
 * Closes an open talk, and forgets. `first` is what an open page has to do before. Beyond what we know of, the answer to the close
 * (or, where none is to be said, to a call of its own) has the browser clear all of this origin: never before the close was heard,
 * which else could not be said again, and not where a peer's keys lie here too.
 */
function clear(first) {
  const wipe = !lasting.get('ac1.peer');
  first(wipe);
  const open = openBox();
  if (open) sayClosed(net(), lasting, open, wipe);
  else if (wipe && allSaid(lasting)) net().call('POST', 'leave', { keepalive: true, wipe }).catch(() => {}); // what we know of goes in any case
  forget();
}

/** Leave: on a shared phone the talk is closed on the way out and this phone forgets; on one's own it waits behind a page of a notebook. */
export function leaving(first = () => {}) {
  byId('leave').addEventListener('click', (event) => {
    event.preventDefault();
    if (isShared()) {
      clear(first);
      letGo();
    }
    location.replace(byId('leave').href);
  });
  forgetting(() => clear(first));
}
