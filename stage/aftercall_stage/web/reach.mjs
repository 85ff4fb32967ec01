// What the tour does on a phone: a word to the hand on the page there (pocket/hand.js), and its answer.

const TRY_MS = 400;
const PATIENCE_MS = 45_000;

/** What a step speaks of has not come about. The text says what, for whoever stands before the stage. */
export class Missing extends Error {}

/** One word to the page on this phone, and its answer; null when none came in `ms`. Raises when the tour has gone elsewhere. */
function say(phone, act, ms, signal) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', left);
      port1.postMessage('stop'); // else a hand that still waits would press when nobody is looking any more
      port1.close();
    };
    const left = () => {
      end();
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      end();
      resolve(null);
    }, ms);
    port1.onmessage = ({ data }) => {
      end();
      resolve(data);
    };
    signal.addEventListener('abort', left);
    phone.frame.contentWindow.postMessage(act, phone.origin, [port2]);
  });
}

/** Press, write or see something on a phone. `act` is `{hand, at, text, words, past}`; with `past` on the screen it was done before. */
export async function reach(phone, act, signal) {
  for (let left = PATIENCE_MS; ; left -= TRY_MS) {
    signal.throwIfAborted();
    if (await say(phone, { hand: 'see', at: 'body' }, TRY_MS, signal)) break; // a page that is still on its way hears nothing
    if (left <= 0) throw new Missing(`the page on ${phone.name}’s phone`);
  }
  const answer = await say(phone, act, PATIENCE_MS, signal);
  if (!answer?.done) throw new Missing(`“${act.text || act.at}” on ${phone.name}’s phone`);
}
