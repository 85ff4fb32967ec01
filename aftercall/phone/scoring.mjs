// What answers say, by their makers' own rules: a next step in four levels, never a diagnosis. Pure; docs/instruments.md has the source of each cut.

/** From which day after the loss each may be asked: its questions look back over two weeks, or a month (FIELD 0.9). */
const FROM = { phq4: 14, pcptsd5: 30 };

const sum = (answers) => answers.reduce((total, answer) => total + (answer ?? 0), 0);
const missed = (answers, n) => Array.from({ length: n }, (_, i) => answers[i]).filter((answer) => answer == null).length;
const scored = (called, of, total, cuts, without) => ({ called, of, total, level: 1 + cuts.filter((cut) => total >= cut).length, missed: without });

export const none = () => ({ colour: null, phq: [], gad: [], gate: [], pc: [], pcl: [] });

export const phq2 = ({ phq }) => sum(phq.slice(0, 2)); // 3 and more: ask all of the PHQ-9
export const gad2 = ({ gad }) => sum(gad.slice(0, 2)); // 3 and more: ask all of the GAD-7
export const unsafe = ({ phq }) => phq[8] > 0; // the ninth of the PHQ-9: any answer but "not at all"

/** DSM-5's rule over "moderately" and more: one of B and of C, two of D and of E. */
export function clusters({ pcl }) {
  const felt = (from, to) => pcl.slice(from - 1, to).filter((answer) => answer >= 2).length;
  return felt(1, 5) >= 1 && felt(6, 7) >= 1 && felt(8, 14) >= 2 && felt(15, 20) >= 2;
}

const PHQ4 = (days, answers, foreign) => days >= FROM.phq4 && !foreign;

/** Each set of questions: what is asked, after which other, when it may be (`foreign`: they are not in this language, and not wanted), what its answers say. */
export const SETS = {
  colour: {
    asks: [['colour', 1]],
    due: (...when) => !PHQ4(...when),
    says: ({ colour }) => ({ level: colour + 1 }),
  },
  phq4: {
    asks: [['gad', 2], ['phq', 2]],
    due: PHQ4,
    says: (a) => scored('PHQ-4', 12, gad2(a) + phq2(a), [3, 6, 9], missed(a.gad, 2) + missed(a.phq, 2)),
  },
  phq9: {
    asks: [['phq', 9]],
    after: 'phq4',
    due: (days, a) => phq2(a) >= 3,
    says: (a) => scored('PHQ-9', 27, sum(a.phq), [5, 10, 15], missed(a.phq, 9)),
  },
  gad7: {
    asks: [['gad', 7]],
    after: 'phq4',
    due: (days, a) => gad2(a) >= 3,
    says: (a) => scored('GAD-7', 21, sum(a.gad), [5, 10, 15], missed(a.gad, 7)),
  },
  pcptsd5: {
    asks: [['gate', 1], ['pc', 5]],
    due: (days, a, foreign) => days >= FROM.pcptsd5 && !foreign,
    says: ({ gate, pc }) => scored('PC-PTSD-5', 5, gate[0] ? sum(pc) : 0, [3, 3], missed(gate, 1) + (gate[0] ? missed(pc, 5) : 0)),
  },
  pcl5: {
    asks: [['pcl', 20]],
    after: 'pcptsd5',
    due: (days, a) => SETS.pcptsd5.says(a).total >= 3,
    says: (a) => {
      const said = scored('PCL-5', 80, sum(a.pcl), [0, 31, 33], missed(a.pcl, 20));
      return { ...said, level: Math.max(said.level, clusters(a) ? 3 : 0) };
    },
  },
};

/** The set to ask next, given those that were asked or left out; undefined when nothing is left. */
export const next = (days, done, answers, foreign = false) => Object.keys(SETS).find((name) => {
  const { after, due } = SETS[name];
  return !done.includes(name) && (!after || done.includes(after)) && due(days, answers, foreign);
});

/** The questions of a set, less those that stood in the shorter one before it, and those that a "no" has ended. */
export const questions = (name, answers) => SETS[name].asks
  .flatMap(([of, n]) => Array.from({ length: n }, (_, i) => [of, i]))
  .filter(([of, i]) => !(SETS[name].after && i < 2 && of !== 'pcl') && !(of === 'pc' && answers.gate[0] !== 1));

const LONGER = { phq4: ['phq9', 'gad7'], pcptsd5: ['pcl5'] };

/** What all that was asked says together. A longer set speaks for the shorter one that opened it. */
export function result(asked, answers) {
  const said = asked.map((name) => ({ ...SETS[name].says(answers), name, shorter: LONGER[name]?.some((other) => asked.includes(other)) }));
  const now = unsafe(answers) || answers.colour === 3;
  const levels = said.filter(({ shorter }) => !shorter).map((one) => one.level);
  return { level: now ? 4 : Math.max(1, ...levels), now, missed: said.some((one) => one.missed > 0), figures: said.filter(({ of }) => of) };
}
