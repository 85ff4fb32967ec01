// What this phone keeps of us, whose phone it is, and Leave: the screen first, then everything else.

import { drawer } from './drawer.mjs';
import { forgetting, letGo } from './keeping.mjs';
import { net } from './net.mjs';
import { sayClosed, undo } from './undone.mjs';
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
  for (const name of ['ac1.code', 'ac1.dir', 'ac1.root', 'ac1.phone', 'ac1.box', 'ac1.days', 'ac1.checks']) {
    lasting.del(name);
    passing.del(name);
  }
}

/** Closes an open talk, and forgets. `first` is what an open page has to do before. */
function clear(first) {
  first();
  const open = openBox();
  if (open) sayClosed(net(), lasting, open);
  forget();
  letGo({ closing: lasting.get('ac1.undone') ?? [], wipe: !lasting.get('ac1.peer') }); // a peer's keys may lie here too
}

/** Leave: on a shared phone the talk is closed on the way out and this phone forgets; on one's own it waits behind a page of a notebook. */
export function leaving(first = () => {}) {
  if (lasting.get('ac1.undone')) undo(net(), lasting); // a browser may have let go of what was said on the way out of the last page
  byId('leave').addEventListener('click', (event) => {
    event.preventDefault();
    if (isShared()) clear(first);
    location.replace(byId('leave').href);
  });
  forgetting(() => clear(first));
}
