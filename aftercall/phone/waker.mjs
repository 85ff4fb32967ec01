// Wakes a peer's phone when a push comes. It has no byte in it: the words below are all that the lock screen ever shows.

const words = new URLSearchParams(location.search);
const OPEN = '/peer';

async function pages() {
  const there = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  return there.filter((page) => new URL(page.url).pathname === OPEN);
}

const note = () => registration.showNotification(words.get('title'), {
  body: words.get('body'),
  lang: words.get('lang'),
  icon: 'icon.svg',
  tag: 'one', // the next takes the place of the one before, and shakes the phone anew
  renotify: true,
  requireInteraction: true,
  vibrate: [350, 150, 350, 400, 350, 150, 350],
});

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('push', (event) => event.waitUntil((async () => {
  for (const page of await pages()) page.postMessage('push');
  await note(); // also while the page is open: a browser takes the subscription from who shows nothing
})()));

// The browser has let our address go. The new one is told by the page when it is opened, for only the peer's own key may say it.
addEventListener('pushsubscriptionchange', (event) => event.waitUntil((async () => {
  const { options } = event.oldSubscription ?? {};
  if (options) await registration.pushManager.subscribe(options).catch(() => {});
  for (const page of await pages()) page.postMessage('subscription');
  await note();
})()));

addEventListener('notificationclick', (event) => event.waitUntil((async () => {
  event.notification.close();
  const [page] = await pages();
  await (page ? page.focus() : clients.openWindow(OPEN));
})()));
