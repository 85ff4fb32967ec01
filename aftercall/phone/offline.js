// What was opened once opens again without a network. Only what the list names is kept, page and program: never a call, an ask, a letter or a list of people.
// VERSION, PAGES, FILES and NEUTRAL stand before this, written by the server: the version is a hash of all of it, so that a change of one number is a new version.

const NAME = `notes-${VERSION}`;
const LANG = new URL(location.href).searchParams.get('lang') ?? 'en';
let left = null; // the neutral page, in memory, once somebody has left

async function fill() {
  const box = await caches.open(NAME);
  const put = async (path, from) => {
    const answer = await fetch(from, { credentials: 'omit', cache: 'no-cache' });
    if (!answer.ok || answer.redirected) throw new Error(from);
    await box.put(path, answer);
  };
  await Promise.all([...FILES.map((path) => put(path, path)), ...PAGES.map((path) => put(path, `${path}?lang=${LANG}`))]);
  await skipWaiting();
}

async function tidy() {
  for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
}

/** Somebody leaves a shared phone: nothing stays but the neutral page, in memory, for as long as it is on the screen. */
async function clear({ closing, wipe }) {
  const box = await caches.open(NAME);
  const kept = new Map();
  for (const path of NEUTRAL) {
    const answer = await box.match(path);
    if (answer) kept.set(path, new Response(await answer.blob(), { headers: answer.headers }));
  }
  left = kept;
  for (const name of await caches.keys()) await caches.delete(name);
  if (wipe) await wiped(closing).catch(() => {}); // no network: what the page knows of is gone all the same
  await registration.unregister();
}

/** Has the browser clear all of this origin (Clear-Site-Data), once every close is heard: it could not be said again. */
async function wiped(closing) {
  const quiet = { cache: 'no-store', referrerPolicy: 'no-referrer' };
  for (const { box, cap } of closing) {
    const { status } = await fetch('/care/v1/box', { ...quiet, method: 'DELETE', headers: { 'X-Box': box, 'X-Cap': cap } });
    if (status >= 500 || status === 429) return;
  }
  await fetch('/care/v1/leave', { ...quiet, method: 'POST' });
}

async function answer(request, path, elsewhere) {
  const kept = left?.get(path)?.clone();
  if (kept) return kept;
  const have = left ? null : await caches.match(path, { cacheName: NAME });
  if (!have) return fetch(request);
  if (!elsewhere) return have;
  return fetch(request).catch(() => have); // another language was asked for than the one that is kept
}

addEventListener('install', (event) => event.waitUntil(fill()));
addEventListener('activate', (event) => event.waitUntil(tidy()));
addEventListener('message', (event) => event.data.leave && event.waitUntil(clear(event.data.leave)));
addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || !(PAGES.includes(pathname) || FILES.includes(pathname))) return;
  const wanted = searchParams.get('lang') ?? LANG;
  event.respondWith(answer(request, pathname, wanted !== LANG));
});
