// "I'll be with you at ten past two": an ordinary letter, which the other page knows by its end. The server sees a letter and no more.

const MARK = '\u2063'; // seen by nobody: so many of them as there are tens of minutes
const MARKS = /\u2063{1,6}$/;

export const promised = (text, minutes) => text + MARK.repeat(minutes / 10);

/** How many minutes this letter promises; 0: it is any other. */
export const minutesOf = (text) => 10 * (MARKS.exec(text)?.[0].length ?? 0);
