// Reminders of my own: on the days meant, whatever the calendar and the clocks do, and saying nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { after, calendar, daysOf, due, keep, kept, read, stop, today } from '../../../aftercall/phone/reminders.mjs';
import { drawer } from './people.mjs';

test('three days, six months and a year; less and more', () => {
  assert.deepEqual(daysOf('2026-11-30', 'some'), ['2026-12-03', '2027-05-30', '2027-11-30']);
  assert.deepEqual(daysOf('2026-11-30', 'less'), ['2027-11-30']);
  assert.deepEqual(daysOf('2026-11-30', 'more'), ['2026-12-03', '2026-12-07', '2026-12-30', '2027-02-28', '2027-05-30', '2027-11-30']);
});

test('a month that has no such day gives its last', () => {
  const step = (text) => /^(\d+)([dm])$/.exec(text);
  assert.equal(after('2027-01-31', step('1m')), '2027-02-28');
  assert.equal(after('2028-02-29', step('12m')), '2029-02-28');
  assert.equal(after('2026-12-31', step('6m')), '2027-06-30');
  assert.equal(after('2026-12-30', step('3d')), '2027-01-02');
});

test('today is the day here, also in the night hours', () => assert.equal(today(new Date(2026, 10, 30, 23, 59)), '2026-11-30'));

test('what has come is asked once; what is to come stays; stop forgets all', () => {
  const mine = drawer();
  assert.equal(due(mine, '2026-12-03'), false);
  keep(mine, daysOf('2026-11-30', 'some'));
  assert.equal(due(mine, '2026-12-02'), false);
  assert.equal(due(mine, '2026-12-03'), true);
  read(mine, '2026-12-10');
  assert.deepEqual(kept(mine), ['2027-05-30', '2027-11-30']);
  read(mine, '2028-01-01');
  assert.deepEqual(kept(mine), []);
  keep(mine, ['2027-01-01']);
  stop(mine);
  assert.deepEqual(kept(mine), []);
});

test('a calendar file says Notes and nothing else, and no two entries are the same one', () => {
  const file = calendar(['2026-12-03', '2027-05-30'], 'Notes');
  assert.deepEqual([...new Set(file.match(/(?:SUMMARY|DESCRIPTION):.*/g))].sort(), ['DESCRIPTION:Notes\r'.trim(), 'SUMMARY:Notes']);
  assert.equal(new Set(file.match(/UID:.*/g)).size, 2);
  assert.doesNotMatch(file, /http|URL|LOCATION|ORGANIZER|aftercall/i);
  assert.ok(file.split('\r\n').every((line) => line.length <= 75 && !line.includes('\n')));
});
