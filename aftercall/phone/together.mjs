// A talk for several goes through one phone, in ordinary letters: what such a letter says besides its words, and how it is read.

import { random as dice, spoken, utf8 } from './bytes.mjs';
import { LONGEST } from './seal.mjs';

const MARK = '\u2063'; // no hand writes it: a letter that begins so was written by a page
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Two words of 16 bits each, to be told by voice. A guess is an ask, and rings a phone that counts it. */
export const joinWords = (random = dice) => spoken(random(4));

/** Words as typed, in the one way we compare them. Empty when they can't be two. */
export function tidyWords(typed) {
  const words = String(typed ?? '').toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.length === 2 ? words.join('-') : '';
}

/** What the others call somebody: one short line, of what can be seen. */
export const tidyName = (typed) => [...String(typed ?? '').replace(UNSEEN, ' ').trim().replace(/\s+/g, ' ')].slice(0, 24).join('').trim();

/**
 * A letter by a page. `head.t`: 'say' (`id`, `by`; the text is theirs), 'here' (`who`: all who are in it; `out`: of these, who is out for a moment),
 * 'bye' (it is over for you); from who came: 'in', 'out', 'back'. A text that would not fit is cut.
 */
export function pack(head, text = '') {
  const first = `${MARK}${JSON.stringify(head)}\n`;
  const room = LONGEST - utf8(first).length;
  let cut = text;
  while (utf8(cut).length > room) cut = [...cut].slice(0, -Math.max(1, Math.ceil((utf8(cut).length - room) / 4))).join('');
  return first + cut;
}

/** `{...head, text}` of such a letter; null for any other. */
export function unpack(letter) {
  if (!letter.startsWith(MARK)) return null;
  const [first, ...rest] = letter.slice(MARK.length).split('\n');
  try {
    return { ...JSON.parse(first), text: rest.join('\n') };
  } catch {
    return null;
  }
}

export const byPage = (letter) => letter.startsWith(MARK);

/**
 * Reads what came to who joined: `row.group` is `{who, out, at, in, over}`, letters become `{by, text, id}`, and what only the pages need
 * is emptied (`skip`). What was repeated twice, after a crash there, is shown once. True when it is a talk for several.
 */
export function readTogether(row, now) {
  for (const letter of row.letters) {
    if (letter.me || letter.gap || letter.id || letter.skip || !byPage(letter.text)) continue;
    const said = unpack(letter.text);
    row.group ??= { who: [], out: [] };
    row.group.at = now;
    if (said?.t === 'say' && !row.letters.some((other) => other.id === said.id)) {
      Object.assign(letter, { id: String(said.id), by: tidyName(said.by), text: said.text });
      continue;
    }
    Object.assign(letter, { skip: 1, text: '' });
    if (said?.t === 'here') Object.assign(row.group, { who: names(said.who), out: names(said.out) });
    if (said?.t === 'bye') row.group.over = true;
  }
  return Boolean(row.group);
}

const names = (list) => (Array.isArray(list) ? list.map(tidyName).filter(Boolean).slice(0, 20) : []);
