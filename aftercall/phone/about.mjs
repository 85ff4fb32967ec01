// Whether a line is about a thing or about a person. It errs on the side of people, and looks at the words alone, on this phone.

const words = (text) => new Set(text.trim().split(/\s+/));

// A patient, a relative, a colleague by their job with a title: in the four languages, by whole word.
const PEOPLE = words(`
 he she him her his hers himself herself patient patients mother father mum mom dad son daughter wife husband child baby boy girl man woman relative relatives
 mr mrs ms miss dr prof professor sister matron
 mgonjwa wagonjwa mama baba mtoto kijana msichana mvulana mwanamke mwanaume mke mume ndugu marehemu bwana bi bibi dkt daktari nesi
 il elle lui patiente mère père fils fille femme mari épouse époux enfant bébé garçon homme famille m mme mlle
 él ella paciente pacientes madre padre hijo hija esposa esposo marido mujer niño niña bebé hombre familia sr sra srta dra doctora doctor
`);
const FEELINGS = words(`
 feel feels feeling felt sad angry anger guilt guilty afraid scared cried cry crying upset ashamed blame fault
 huzuni hasira hatia hofu alilia nililia lawama kosa
 triste tristesse colère coupable peur pleuré pleurait honte faute
 tristeza enojo enojada enojado rabia culpa culpable miedo lloró llorando vergüenza
`);
// What begins with a capital and is no name: the first word of a line, and what hospitals write in capitals.
const isName = (word, at) => at > 0 && /^\p{Lu}\p{Ll}+$/u.test(word);
// Ages, dates, times, numbers of patients and telephones. A count of things has no more than two digits.
const NUMBER = /\d{3,}|\d+[./:-]\d+|\d+\s*(?:-?\s*(?:years?|yrs?|y\/o|months?|weeks?|days?|ans|mois|jours|años|meses|días)\b)|\b(?:miaka|miezi|siku|umri)\s+\d+/giu;

/** What in one line may be about a person: [{word, why: 'number'|'person'|'feeling'|'name'}], in the order found. */
export function about(line) {
  const found = [...line.matchAll(NUMBER)].map(([word]) => ({ word, why: 'number' }));
  const said = line.match(/\p{L}[\p{L}'’.-]*/gu) ?? [];
  said.forEach((raw, at) => {
    const word = raw.replace(/[.'’-]+$|['’]s$/gu, '');
    const low = word.toLowerCase();
    if (PEOPLE.has(low)) found.push({ word, why: 'person' });
    else if (FEELINGS.has(low)) found.push({ word, why: 'feeling' });
    else if (isName(word, at)) found.push({ word, why: 'name' });
  });
  return found;
}

/** The lines of a text, each tidied, without the empty ones. */
export const linesOf = (text) => text.split('\n').map((line) => line.replace(/\s+/g, ' ').trim()).filter(Boolean);
