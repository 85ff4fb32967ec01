// A close that did not get through is said again, until the server has heard it: nobody may be rung for an ask that was taken back.

import { Refused } from './net.mjs';

const UNDONE = 'ac1.undone';

/** This box is closed: said now, and kept until it was heard. */
export function sayClosed(net, drawer, row) {
  if (row) drawer.set(UNDONE, [...(drawer.get(UNDONE) ?? []), { box: row.box, cap: row.cap }]);
  return undo(net, drawer);
}

/** Says again what did not get through. One keepalive request each, so that it outlives the page. */
export async function undo(net, drawer) {
  const left = () => drawer.get(UNDONE) ?? [];
  await Promise.all(left().map(async ({ box, cap }) => {
    try {
      await net.call('DELETE', 'box', { head: { 'X-Box': box, 'X-Cap': cap }, keepalive: true });
    } catch (error) {
      if (!(error instanceof Refused)) return; // stays on the list for the next load
    }
    const rest = left().filter((u) => u.box !== box);
    if (rest.length) drawer.set(UNDONE, rest);
    else drawer.del(UNDONE);
  }));
}
