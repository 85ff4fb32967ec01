// The message as it went over the wire, its few telling fields in plain words, the answer that came back, and how long it all took.

import { byId, make } from './make.mjs';

const SAYS = {
  'MSH-7': 'when it was sent', 'MSH-9': 'what kind of message it is', 'MSH-10': 'the message’s own number',
  'PID-3': 'patient’s number: hashed under a key of today, then forgotten', 'PID-5': 'patient’s name: never kept', 'PID-7': 'date of birth: never kept',
  'PID-29': 'time of death', 'PID-30': 'has died: yes', 'PV1-2': 'emergency', 'PV1-3': 'where', 'PV1-7': 'who was there: the attending doctor', 'PV1-8': 'who was there: the referring doctor',
  'PV1-9': 'who was there: consulted', 'PV1-17': 'who was there: the admitting doctor', 'PV1-19': 'the visit: hashed, then forgotten', 'PV1-36': 'how the visit ended', 'PV1-44': 'came in at', 'ROL-4': 'who was there', 'PRT-5': 'who was there',
  'MSA-1': 'stored', 'MSA-2': 'the number of the message it answers', 'MSA-3': 'in words',
};

/** One segment as a line: its fields numbered as HL7 does (in MSH the first | is itself a field). */
function segment(line) {
  const fields = line.split('|');
  const name = fields[0];
  const shift = name === 'MSH' ? 1 : 0;
  const code = make('code', {}, make('b', {}, name));
  const captions = make('ul');
  fields.slice(1).forEach((field, i) => {
    const says = field && SAYS[`${name}-${i + 1 + shift}`];
    code.append('|', says ? make('mark', {}, field) : field);
    if (says) captions.append(make('li', {}, make('b', {}, `${name}-${i + 1 + shift}`), ` ${says}`));
  });
  return make('li', {}, code, captions);
}

const list = (lines) => make('ol', { class: 'segments' }, ...lines.map(segment));
const ms = (n) => (n == null ? 'not yet' : n < 1000 ? `${Math.round(n)} ms` : `${(n / 1000).toFixed(2)} s`);
const figure = (label, value) => make('div', {}, make('dt', {}, label), make('dd', {}, value));

let drawn = '';

export function drawMessage(told) {
  const mark = JSON.stringify(told);
  if (mark === drawn) return;
  drawn = mark;
  byId('wire').hidden = !told;
  byId('message-about').hidden = !!told;
  if (!told) return byId('wire').replaceChildren();
  byId('wire').replaceChildren(
    make('div', {}, make('h3', {}, 'Sent by the record system, over MLLP'), list(told.body)),
    make('div', {}, make('h3', {}, 'The answer'), list(told.ack),
      make('dl', { class: 'times' }, figure('from the last byte to the answer', ms(told.ack_ms)), figure('from the last byte to the first text message leaving', ms(told.sms_ms)))),
  );
}
