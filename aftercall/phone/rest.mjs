// How much a peer has given this month, and what comes after a talk: counted and kept on this phone alone (DECISIONS 29).

const HOUR = 3_600_000;
const PAUSE = 0.75 * HOUR; // a longer silence in a talk by letters is not counted as time given
const LEAST = HOUR / 12; // of any talk

/** The time of a talk that begins now, and the same after something was written, read or said. */
export const begun = (now) => ({ spent: 0, last: now });
export const going = ({ spent, last }, now) => ({ spent: spent + (now - last <= PAUSE ? now - last : 0), last: now });

/** When the month ends here, by the clock on the wall. */
export function monthEnd(now) {
  const d = new Date(now);
  return new Date(d.getFullYear(), d.getMonth() + 1, 1).getTime();
}

/** What was given this month, with one talk more. A new month begins at nothing. */
export function counted(given, time, now) {
  const until = monthEnd(now);
  const before = given?.until === until ? given.ms : 0;
  return { until, ms: before + Math.max(LEAST, time.spent) };
}

export const inHours = (given) => Math.round(given.ms / HOUR * 10) / 10;
export const enough = (given, hours) => hours > 0 && given.ms >= hours * HOUR;

/** Until when a peer rests after a talk: moved by chance within an hour, then to a whole one, so that it tells no time at which a talk ended. */
export const restUntil = (now, hours, chance) => Math.ceil((now + (hours + chance()) * HOUR) / HOUR) * HOUR;

export const tomorrow = (now) => now + 24 * HOUR;
