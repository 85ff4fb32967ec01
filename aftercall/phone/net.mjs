// One try at the server, always with an end: it answers, it says no, or it could not be reached. Trying again is the caller's choice.

/** Could not be reached, or it stumbled (5xx, 429). Trying again helps. */
export class Unreached extends Error {}

/** It said no. Trying the same again does not help. `word` is for us, `say` is a sentence for a person, `status` the HTTP status. */
export class Refused extends Error {
  constructor(status, word = '', say = '') {
    super(`${status} ${word}`);
    Object.assign(this, { status, word, say });
  }
}

const CALL_MS = 20_000;
const HOLD_S = 25;
const BYTES_A_SECOND = 3_000; // a bad 2G line: long bodies get the time they need

/** `net.call(method, path, {head, body, hold, keepalive})` -> `{status, json, etag}`. `fetch` is an argument, so that tests can be the network. */
export function net({ fetch = (...a) => globalThis.fetch(...a), root = '/care/v1/' } = {}) {
  return {
    async call(method, path, { head = {}, body, hold = false, keepalive = false, stop } = {}) {
      const patience = CALL_MS + (hold ? HOLD_S * 1000 : 0) + ((body?.length ?? 0) / BYTES_A_SECOND) * 1000;
      const end = new AbortController();
      const timer = setTimeout(() => end.abort(), patience);
      const off = () => end.abort();
      stop?.addEventListener('abort', off);
      const headers = { ...head, ...(hold && { 'X-Wait': String(HOLD_S) }) };
      if (body !== undefined) headers['Content-Type'] = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
      try {
        // Nothing of ours is for the browser's store. And past it: there calls to one address wait for each other, 20 s if the first is held.
        const options = { method, headers, body, keepalive, signal: end.signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' };
        const answer = await fetch(root + path, options);
        return await read(answer);
      } catch (error) {
        if (error instanceof Refused || error instanceof Unreached) throw error;
        throw new Unreached(String(error?.name ?? error));
      } finally {
        clearTimeout(timer);
        stop?.removeEventListener('abort', off);
      }
    },
  };
}

async function read(answer) {
  const { status } = answer;
  if (status >= 500 || status === 429 || status === 408) throw new Unreached(`status ${status}`);
  const text = status === 204 || status === 304 ? '' : await answer.text();
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    throw new Unreached('not our server'); // a hotel's sign-in page, a proxy's apology
  }
  if (status >= 400) throw new Refused(status, json?.error, json?.say);
  return { status, json, etag: answer.headers?.get?.('ETag') ?? null };
}

/** How long to wait before try `n` (from 1), in ms: 1, 2, 4, 8, then 15 s, each moved by chance so that phones don't come in step. */
export function backoff(n, chance = Math.random) {
  return Math.min(15_000, 1000 * 2 ** (n - 1)) * (0.7 + 0.6 * chance());
}

/** Between two held calls, so that a server which can't hold is not flooded; and between two looks while the page is in the background. */
export const IDLE_MS = 250;
export const backgroundMs = () => 20_000 + Math.random() * 40_000;

/** A wait that `stop` or `nudge()` ends early. */
export function waiter() {
  let wake = () => {};
  return {
    nudge: () => wake(),
    wait(ms, stop) {
      return new Promise((resolve) => {
        const timer = setTimeout(done, ms);
        function done() {
          clearTimeout(timer);
          stop?.removeEventListener('abort', done);
          resolve();
        }
        wake = done;
        if (stop?.aborted) done();
        stop?.addEventListener('abort', done);
      });
    },
  };
}
