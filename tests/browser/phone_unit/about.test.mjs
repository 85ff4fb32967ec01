// The list of things to mend holds things: a name, a patient, a number, a feeling is seen before it goes there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { about, linesOf } from '../../../aftercall/phone/about.mjs';

const THINGS = [
  'The second suction had no tubing',
  'Two keys for the drug cupboard, one in resus',
  'ECG paper ran out at night',
  'O2 wall outlet 3 leaks',
  'Call the blood bank earlier',
  'Mashine ya pili ya kunyonya haikuwa na mpira',
  "Le deuxième chariot n'avait plus d'aiguilles",
  'El segundo aspirador no tenía tubo',
];
const PEOPLE = {
  'Ask Mary for the key': 'name',
  'bed 4, Otieno, waited': 'name',
  'the patient was cold': 'person',
  'his mother was not told': 'person',
  'Tell Dr. Amina': 'person',
  'mgonjwa alingoja': 'person',
  'mama hakuambiwa': 'person',
  'la patiente attendait': 'person',
  'el paciente esperaba': 'person',
  '54 year old': 'number',
  'born 3/4/1990': 'number',
  'at 22:47 nobody came': 'number',
  'file 448812': 'number',
  'umri 54': 'number',
  '54 ans': 'number',
  '54 años': 'number',
  'I felt alone': 'feeling',
  'everyone cried': 'feeling',
  'nilikuwa na hofu': 'feeling',
  'la honte': 'feeling',
  'la culpa': 'feeling',
};

for (const line of THINGS) test(`a thing: ${line}`, () => assert.deepEqual(about(line), []));
for (const [line, why] of Object.entries(PEOPLE)) {
  test(`not a thing: ${line}`, () => assert.ok(about(line).some((found) => found.why === why), JSON.stringify(about(line))));
}

test('a name at the very beginning of a line is not seen; the page asks people to look, too', () => {
  assert.deepEqual(about('Otieno waited'), []);
});

test('lines are tidied, empty ones fall away', () => assert.deepEqual(linesOf(' a   b \n\n c\t'), ['a b', 'c']));
