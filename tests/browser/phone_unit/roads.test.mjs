// By which roads a peer is rung, as their page shows it before anything is set; and what a push shows on a lock screen.

import assert from 'node:assert/strict';
import test from 'node:test';

globalThis.document ??= { getElementById: () => null }; // the page that view.mjs speaks from
const { shownRoads } = await import('../../../aftercall/phone/roads.mjs');
const TEL = '+254700100000';
const told = (more) => ({ roads: [], can: ['sms', 'voice', 'mail'], call: 60, ...more });
const brief = (ways) => ways.map(({ road, to, after, on }) => [road, to, after, on]);

test('who has set nothing sees what holds: a text to the card, and then a call', () => {
  assert.deepEqual(brief(shownRoads(told({}), TEL)), [['sms', TEL, 0, true], ['voice', TEL, 60, true], ['mail', '', 60, false]]);
});

test('what is set stands first, in the order of its time, and a road that is off is offered', () => {
  const roads = [{ road: 'mail', to: 'g@x.example', after: 90, came: true }, { road: 'voice', to: TEL, after: 10, came: false }];
  assert.deepEqual(brief(shownRoads(told({ roads }), TEL)), [['voice', TEL, 10, true], ['mail', 'g@x.example', 90, true], ['sms', TEL, 60, false]]);
});

test('without a road of the programme, or a number on the card, nothing is on', () => {
  assert.deepEqual(shownRoads(told({ can: [] }), TEL), []);
  assert.deepEqual(shownRoads(told({}), '').filter((way) => way.on), []);
});

test('a push that this browser has no means for is not offered, and stays where it is set', () => {
  const can = ['push', 'sms'];
  assert.deepEqual(shownRoads(told({ can }), TEL).map((way) => way.road), ['sms']);
  const roads = [{ road: 'push', to: 'https://push.example/1', after: 0, came: true }];
  assert.deepEqual(shownRoads(told({ can, roads }), TEL).map((way) => way.road), ['push', 'sms']);
});

/** The worker in a world of its own: what it shows, whom it tells, what it opens. */
async function worker(pages = []) {
  const seen = { shown: [], told: [], opened: [], subscribed: [] };
  const listeners = {};
  Object.assign(globalThis, {
    location: { search: '?title=Notes&body=On+call.+Open+your+page.&lang=en' },
    addEventListener: (name, then) => void (listeners[name] = then),
    skipWaiting: () => {},
    clients: {
      claim: async () => {},
      matchAll: async () => pages.map((url, n) => ({ url, postMessage: (word) => seen.told.push([n, word]), focus: async () => seen.opened.push(n) })),
      openWindow: async (path) => seen.opened.push(path),
    },
    registration: {
      showNotification: async (title, more) => seen.shown.push({ title, ...more }),
      pushManager: { subscribe: async (options) => seen.subscribed.push(options) },
    },
  });
  await import(`../../../aftercall/phone/waker.mjs?${Math.random()}`);
  const happens = async (name, more = {}) => {
    let done;
    listeners[name]({ waitUntil: (work) => void (done = work), notification: { close: () => {} }, ...more });
    await done;
  };
  return { seen, happens };
}

test('a push shows two plain words, shakes the phone, and reads nothing of what came', async () => {
  const { seen, happens } = await worker(['https://care.example/peer', 'https://care.example/']);
  const data = new Proxy({}, { get: () => assert.fail('the push was read') });
  await happens('push', { data });
  const [{ title, body, vibrate, renotify }] = seen.shown;
  assert.deepEqual([title, body, renotify], ['Notes', 'On call. Open your page.', true]);
  assert.ok(vibrate.length > 3);
  assert.deepEqual(seen.told, [[0, 'push']]); // the peer's page, and no clinician's
});

test('a tap comes back to the page that is open, or opens it', async () => {
  const open = await worker(['https://care.example/peer?lang=sw']);
  await open.happens('notificationclick');
  assert.deepEqual(open.seen.opened, [0]);
  const none = await worker(['https://care.example/']);
  await none.happens('notificationclick');
  assert.deepEqual(none.seen.opened, ['/peer']);
});

test('a subscription that the browser let go is made anew, and the peer is asked to open the page', async () => {
  const { seen, happens } = await worker([]);
  await happens('pushsubscriptionchange', { oldSubscription: { options: { userVisibleOnly: true } } });
  assert.deepEqual(seen.subscribed, [{ userVisibleOnly: true }]);
  assert.equal(seen.shown.length, 1);
});
