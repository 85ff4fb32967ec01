// The page's side of a push: asked for on a tap alone, made anew when the browser has let it go, and never needed.

import { unb64 } from './bytes.mjs';

const here = globalThis.navigator?.serviceWorker;

export const canWake = () => Boolean(here && globalThis.PushManager && globalThis.Notification);

/** Why it can't be, as a key of the page's sentences; '' when it can. */
export const whyNot = () => (!canWake() ? 'nopush' : Notification.permission === 'denied' ? 'denied' : '');

async function worker(words) {
  await here.register(`/phone/waker.mjs?${new URLSearchParams(words)}`, { scope: '/phone/' });
  const there = await here.getRegistration('/phone/');
  for (let n = 0; !there.active && n < 100; n++) await new Promise((later) => setTimeout(later, 100));
  return there;
}

/** This phone's address for pushes, signed for the key of this programme. Call it from a tap: it asks for leave. Throws when there is none. */
export async function subscribe(key, words) {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('denied');
  return subscribed(await worker(words), key);
}

/** The same without asking, where leave was given before: a new address when the old one has gone. null: there is none. */
export async function renewed(key, words) {
  if (!canWake() || Notification.permission !== 'granted') return null;
  return subscribed(await worker(words), key).catch(() => null);
}

async function subscribed({ pushManager }, key) {
  const old = await pushManager.getSubscription();
  if (old && same(old.options?.applicationServerKey, unb64url(key))) return old.endpoint;
  await old?.unsubscribe(); // it was made for another key
  return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: unb64url(key) })).endpoint;
}

export async function unsubscribe() {
  const there = await here?.getRegistration('/phone/');
  await (await there?.pushManager.getSubscription())?.unsubscribe();
  await there?.unregister();
}

/** What the worker says: 'push' when one came, 'subscription' when the address has changed. */
export const heard = (tell) => here?.addEventListener('message', ({ data }) => tell(data));

const unb64url = (text) => unb64(text.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(text.length / 4) * 4, '='));
const same = (a, b) => !a || String(new Uint8Array(a)) === String(b); // a browser that does not say counts as the same
