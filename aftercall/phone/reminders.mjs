// Reminders that only this phone knows of: which days, which of them has come, and a calendar file that says nothing.

const NAME = 'ac1.days';
// Days and months after the day itself.
const LEVELS = { less: ['12m'], some: ['3d', '6m', '12m'], more: ['3d', '7d', '1m', '3m', '6m', '12m'] };

/** `2026-01-31` and '1m' give `2026-02-28`: the last day where a month has no such day. Calendar days, whatever the clocks do between. */
export function after(day, [, n, unit] = []) {
  const [y, m, d] = day.split('-').map(Number);
  const date = unit === 'd' ? new Date(Date.UTC(y, m - 1, d + Number(n))) : new Date(Date.UTC(y, m - 1 + Number(n), 1));
  if (unit === 'm') date.setUTCDate(Math.min(d, new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()));
  return date.toISOString().slice(0, 10);
}

/** The days for a level ('less', 'some', 'more'), from that day on. */
export const daysOf = (day, level) => LEVELS[level].map((step) => after(day, /^(\d+)([dm])$/.exec(step)));

/** Today here, as `2026-11-30`. */
export const today = (now = new Date()) => [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, '0')).join('-');

/** A calendar of whole days with one reminder at ten in the morning; nothing in it says what it is. `chance` gives a number from 0 to 1. */
export function calendar(days, title, chance = Math.random) {
  const id = () => Array.from({ length: 24 }, () => Math.floor(chance() * 16).toString(16)).join('');
  const event = (day) => [
    'BEGIN:VEVENT', `UID:${id()}`, 'DTSTAMP:20000101T000000Z', `DTSTART;VALUE=DATE:${day.replaceAll('-', '')}`, `SUMMARY:${title}`,
    'CLASS:PRIVATE', 'TRANSP:TRANSPARENT', 'BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${title}`, 'TRIGGER:PT10H', 'END:VALARM', 'END:VEVENT',
  ];
  return [...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Notes//EN'], ...days.flatMap(event), 'END:VCALENDAR', ''].join('\r\n');
}

export const keep = (drawer, days) => drawer.set(NAME, days);
export const kept = (drawer) => drawer.get(NAME) ?? [];
export const stop = (drawer) => drawer.del(NAME);

/** Whether a kept day has come. */
export const due = (drawer, now = today()) => kept(drawer).some((day) => day <= now);

/** What has come is done with; what is still to come stays. */
export function read(drawer, now = today()) {
  const left = kept(drawer).filter((day) => day > now);
  if (left.length) keep(drawer, left);
  else stop(drawer);
}
