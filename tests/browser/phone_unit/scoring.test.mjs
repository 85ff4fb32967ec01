// Every boundary of every set of questions: below, at and above each cut, with the paper the cut is from.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SETS, clusters, gad2, next, none, phq2, questions, result, unsafe } from '../../../aftercall/phone/scoring.mjs';

/** Answers that add up to `total`, none above `most`, over `n` questions. */
const adding = (total, n, most) => Array.from({ length: n }, (_, i) => Math.max(0, Math.min(most, total - i * most)));
const given = (more) => ({ ...none(), ...more });
const levelOf = (name, answers) => SETS[name].says(given(answers)).level;

function boundaries(name, source, cuts, answers, most) {
  test(`${name}: the cuts at ${cuts.join(', ')} (${source})`, () => {
    cuts.forEach((cut, i) => {
      assert.equal(levelOf(name, answers(cut - 1)), i + 1, `${cut - 1}`);
      assert.equal(levelOf(name, answers(cut)), i + 2, `${cut}`);
      assert.equal(levelOf(name, answers(cut + 1)), i + 2, `${cut + 1}`);
    });
    assert.equal(levelOf(name, answers(0)), 1);
    assert.equal(levelOf(name, answers(most)), 4);
    assert.equal(SETS[name].says(given(answers(most))).total, most);
  });
}

boundaries('phq4', 'Kroenke et al. 2009, Psychosomatics 50:613: 0-2, 3-5, 6-8, 9-12', [3, 6, 9],
  (total) => ({ gad: adding(total, 2, 3), phq: adding(Math.max(0, total - 6), 2, 3) }), 12);
boundaries('phq9', 'Kroenke, Spitzer, Williams 2001, J Gen Intern Med 16:606: 0-4, 5-9, 10-14, 15-27', [5, 10, 15],
  (total) => ({ phq: adding(total, 9, 3) }), 27);
boundaries('gad7', 'Spitzer et al. 2006, Arch Intern Med 166:1092: 0-4, 5-9, 10-14, 15-21', [5, 10, 15],
  (total) => ({ gad: adding(total, 7, 3) }), 21);

test('PHQ-9: moderately severe and severe are one level of ours (15-19, 20-27)', () => {
  for (const total of [15, 19, 20, 27]) assert.equal(levelOf('phq9', { phq: adding(total, 9, 3) }), 4);
});

test('PHQ-2 and GAD-2 open the longer ones from 3 on (Kroenke et al. 2003 and 2007)', () => {
  for (const [of, name, score] of [['phq', 'phq9', phq2], ['gad', 'gad7', gad2]]) {
    for (const total of [0, 2, 3, 4, 6]) {
      const answers = given({ gad: [0, 0], phq: [0, 0], [of]: adding(total, 2, 3) });
      assert.equal(score(answers), total);
      assert.equal(next(14, ['phq4'], answers), total >= 3 ? name : undefined, `${name} at ${total}`);
    }
  }
});

test('PHQ-9, the ninth: any answer but "not at all" is for now, whatever else was said', () => {
  for (const ninth of [undefined, null, 0]) assert.equal(unsafe(given({ phq: [0, 0, 0, 0, 0, 0, 0, 0, ninth] })), false);
  for (const ninth of [1, 2, 3]) {
    const answers = given({ phq: [3, 0, 0, 0, 0, 0, 0, 0, ninth] });
    assert.equal(unsafe(answers), true);
    assert.deepEqual(['level', 'now'].map((key) => result(['phq4', 'phq9'], answers)[key]), [4, true]);
  }
});

test('PC-PTSD-5: three of five open the PCL-5 (VA National Center for PTSD; Bovin et al. 2021: at 4 too many women are missed)', () => {
  for (const yes of [0, 2, 3, 4, 5]) {
    const answers = given({ gate: [1], pc: adding(yes, 5, 1) });
    assert.equal(levelOf('pcptsd5', answers), yes >= 3 ? 3 : 1, `${yes}`);
    assert.equal(next(30, ['phq4', 'pcptsd5'], answers), yes >= 3 ? 'pcl5' : undefined);
  }
});

test('PC-PTSD-5: "no" at the gate is 0 and ends it (Prins et al. 2016)', () => {
  const met = given({ gate: [0], pc: [1, 1, 1, 1, 1] });
  assert.deepEqual(questions('pcptsd5', met), [['gate', 0]]);
  assert.deepEqual([SETS.pcptsd5.says(met).total, SETS.pcptsd5.says(met).missed], [0, 0]);
  assert.equal(questions('pcptsd5', given({ gate: [1] })).length, 6);
});

test('PCL-5: below 31, the range of 31 to 33, and above (VA National Center for PTSD; Bovin et al. 2016)', () => {
  const flat = (total) => ({ pcl: Array.from({ length: 20 }, (_, i) => (i < total ? 1 : 0)) }); // no answer is "moderately": the rule stays out of it
  for (const [total, level] of [[0, 2], [20, 2]]) assert.equal(levelOf('pcl5', flat(total)), level);
  const heavy = (total) => ({ pcl: adding(total, 20, 4) }); // B, C and a little of D: the rule does not hold
  for (const [total, level] of [[30, 2], [31, 3], [32, 3], [33, 4], [34, 4]]) {
    assert.equal(clusters(given(heavy(total))), false);
    assert.equal(levelOf('pcl5', heavy(total)), level, `${total}`);
  }
  assert.equal(SETS.pcl5.says(given(heavy(80))).total, 80);
});

test("PCL-5: DSM-5's rule of one B, one C, two D, two E, each at least moderately", () => {
  const rule = (b, c, d, e, how = 2) => given({ pcl: [[b, 5], [c, 2], [d, 7], [e, 6]].flatMap(([n, of]) => Array.from({ length: of }, (_, i) => (i < n ? how : 0))) });
  assert.equal(clusters(rule(1, 1, 2, 2)), true);
  assert.equal(clusters(rule(1, 1, 2, 2, 1)), false, 'a little bit is not enough');
  for (const [b, c, d, e] of [[0, 1, 2, 2], [1, 0, 2, 2], [1, 1, 1, 2], [1, 1, 2, 1]]) assert.equal(clusters(rule(b, c, d, e)), false, `${b}${c}${d}${e}`);
  assert.equal(levelOf('pcl5', rule(1, 1, 2, 2)), 3, 'with a total of 12');
  assert.equal(levelOf('pcl5', rule(1, 1, 2, 1)), 2);
});

test('a question that was left out counts for nothing, and is said', () => {
  const answers = given({ gad: [0, 0], phq: [3, 3, 3, null, 0, 0, 0, 0, null] });
  assert.deepEqual([SETS.phq9.says(answers).total, SETS.phq9.says(answers).missed], [9, 2]);
  assert.equal(result(['phq4', 'phq9'], answers).missed, true);
  assert.equal(result(['phq4'], answers).missed, false);
  assert.equal(SETS.pcl5.says(given({ pcl: [4, null] })).missed, 19);
  assert.equal(SETS.pcptsd5.says(given({ gate: [null] })).missed, 1);
  assert.equal(unsafe(answers), false);
});

test('the windows: a colour before day 14, PHQ-4 from 14, PC-PTSD-5 from 30 (FIELD 0.9)', () => {
  const first = (days, done = []) => next(days, done, none());
  assert.deepEqual([0, 13, 14, 29, 30].map((days) => first(days)), ['colour', 'colour', 'phq4', 'phq4', 'phq4']);
  assert.deepEqual([13, 14, 29, 30, 365].map((days) => first(days, ['colour', 'phq4'])), [undefined, undefined, undefined, 'pcptsd5', 'pcptsd5']);
});

test('whoever does not want them in English is asked the colour, and nothing more', () => {
  assert.equal(next(30, [], none(), true), 'colour');
  assert.equal(next(30, ['colour'], none(), true), undefined);
});

test('what stood in the shorter set is not asked again', () => {
  const answers = given({ gad: [3, null], phq: [3, 0] });
  assert.deepEqual(questions('phq4', answers), [['gad', 0], ['gad', 1], ['phq', 0], ['phq', 1]]);
  assert.deepEqual(questions('phq9', answers).map(([, i]) => i), [2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(questions('gad7', answers).map(([, i]) => i), [2, 3, 4, 5, 6]);
  assert.equal(questions('pcl5', answers).length, 20);
});

test('a longer set speaks for the shorter one; the heaviest counts', () => {
  const answers = given({ gad: [3, 3, 0, 0, 0, 0, 0], phq: [3, 3, 0, 0, 0, 0, 0, 0, 0] });
  assert.equal(result(['phq4'], answers).level, 4);
  assert.equal(result(['phq4', 'phq9', 'gad7'], answers).level, 2);
  assert.deepEqual(result(['phq4', 'phq9'], answers).figures.map(({ called, total, of }) => `${called} ${total}/${of}`), ['PHQ-4 12/12', 'PHQ-9 6/27']);
  assert.equal(result(['phq4', 'pcptsd5'], given({ gad: [0, 0], phq: [0, 0], gate: [1], pc: [1, 1, 1, 0, 0] })).level, 3);
});

test('four colours, four levels; red is for now', () => {
  assert.deepEqual([0, 1, 2, 3].map((colour) => result(['colour'], given({ colour })).level), [1, 2, 3, 4]);
  assert.deepEqual([2, 3].map((colour) => result(['colour'], given({ colour })).now), [false, true]);
});
