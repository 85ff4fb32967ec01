// Letters go out once, in order, and come in once, in order; each is kept here until the other side surely has it.

import { b64, unb64, utf8 } from './bytes.mjs';
import { LONGEST, Repeated, letters as channel } from './seal.mjs';
import { IDLE_MS, Refused, backgroundMs, backoff, waiter } from './net.mjs';


/**
 * One side of one talk. `row` is the kept state `{programme, box, sending, seen, out: [{seq, wire, at}], letters: [{me, text, state}]}`,
 * which this alone changes; `save()` keeps it, before anything is sent. `tell(word, more)` says what happened:
 * `between(came)` gives the ms until the next look, where no call is to be held; `came`: something new did.
 * 'letters' (the list changed), 'missing', 'bad', 'away' (no connection), 'back', 'gone' (404), 'state' (more: the box's state).
 */
export function talk({ net, row, cap, k, side, save, tell, visible = () => true, between }) {
  const head = { 'X-Box': row.box, 'X-Cap': cap };
  const end = new AbortController();
  const pause = waiter();
  const ready = channel(row.programme, row.box, k, side);
  let flushing = null;
  let writing = Promise.resolve(); // one letter is sealed after the other, in the order of writing
  let away = 0;
  let stuck = 0;
  let state = '';

  const reached = () => {
    if (away) tell('back');
    away = 0;
  };
  const failed = async (error, wait) => {
    if (end.signal.aborted) return;
    if (error instanceof Refused && error.status === 404) {
      tell('gone');
      end.abort();
      return;
    }
    away += 1;
    tell('away', away);
    await wait.wait(backoff(away), end.signal);
  };

  async function seal(at) {
    const { text } = row.letters[at];
    const seq = row.sending + 1;
    const wire = b64(await (await ready).seal(seq, text));
    if (!end.signal.aborted) row.sending = seq; // a letter that can't be sealed uses up no number
    return { seq, wire, at };
  }

  /** The server has these numbers already (two phones in one talk, or a lease that passed on): the same letters under the next free ones. */
  async function renumber() {
    const again = [];
    for (const { at } of row.out) again.push(await seal(at));
    row.out = again;
  }

  async function flush() {
    const wait = waiter();
    while (row.out.length && !end.signal.aborted) {
      const next = row.out[0];
      const before = next.tried; // the answer to an earlier try may have been lost: then "I had that" means delivered
      next.tried = true;
      save();
      try {
        await net.call('POST', 'box/m', { head, body: unb64(next.wire), stop: end.signal });
      } catch (error) {
        const had = error instanceof Refused && error.status === 409 && error.word === 'seq';
        if (!(had && before)) {
          if (had) await renumber();
          else await failed(error, wait);
          save();
          continue;
        }
      }
      reached();
      row.out.shift();
      row.letters[next.at].state = 'sent';
      save();
      tell('letters');
    }
    flushing = null;
  }

  function queue(at) {
    writing = writing.then(async () => {
      if (end.signal.aborted) return; // whoever the row belongs to by now seals it, with a key of their own
      const sealed = await seal(at);
      if (end.signal.aborted) return;
      row.out.push(sealed);
      save();
      flushing ??= flush();
    });
    return writing;
  }

  /** Letters that were on the screen when the page went away, and not sealed yet. */
  const unsealed = () => [...row.letters.keys()].filter((at) => row.letters[at].state === 'going' && !row.out.some((o) => o.at === at));

  async function take(wire) {
    try {
      const letter = await (await ready).open(unb64(wire), row.seen);
      if (letter.missing) row.letters.push({ gap: 1 });
      row.seen = letter.seq;
      row.letters.push({ text: letter.text });
    } catch (error) {
      if (!(error instanceof Repeated)) tell('bad'); // bytes that the other side did not write: not shown
    }
  }

  return {
    /** Keeps the letter, then sends it; fulfilled once it is sealed. Throws RangeError when it is too long. */
    write(text) {
      if (utf8(text).length > LONGEST) throw new RangeError('too long');
      const at = row.letters.push({ me: 1, text, state: 'going' }) - 1;
      save();
      tell('letters');
      return queue(at);
    },
    /** Fetches until stopped or gone. What was shown is deleted on the server by the next call's `X-After`. */
    async run() {
      if (row.out.length) flushing ??= flush();
      unsealed().forEach(queue);
      while (!end.signal.aborted) {
        try {
          const hold = visible();
          const known = { ...head, 'X-After': String(row.seen), ...(state && { 'X-Seen': state }) };
          const { json } = await net.call('GET', 'box/m', { head: known, hold, stop: end.signal });
          state = json.state;
          reached();
          const had = row.seen;
          for (const wire of json.letters) await take(wire);
          if (json.letters.length) {
            save();
            tell('letters', row.seen - had);
          }
          stuck = json.letters.length && row.seen === had ? stuck + 1 : 0; // letters that don't open must not make us ask in a circle
          tell('state', json.state);
          if (end.signal.aborted) break;
          await pause.wait(between?.(row.seen > had) ?? (hold ? IDLE_MS + (stuck && backoff(stuck)) : backgroundMs()), end.signal);
        } catch (error) {
          await failed(error, pause);
        }
      }
    },
    nudge: () => pause.nudge(),
    stop: () => end.abort(),
  };
}
