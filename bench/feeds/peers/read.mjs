// Read messages with what others publish for Node: node read.mjs NAME MESSAGES.json SECONDS. Prints one line of JSON.
import fs from 'node:fs';

const [name, path, seconds] = process.argv.slice(2);
const bodies = JSON.parse(fs.readFileSync(path, 'utf8')).map((text) => Buffer.from(text, 'latin1'));

async function medplum() {
  const { Hl7Message } = await import('@medplum/core');
  return (body) => {
    const message = Hl7Message.parse(body.toString('utf8'));
    const [evn, pid, pv1] = ['EVN', 'PID', 'PV1'].map((segment) => message.getSegment(segment));
    return [
      message.header.getComponent(10, 1), evn?.getComponent(2, 1) ?? '', pid?.getComponent(3, 1) ?? '', pid?.getComponent(29, 1) ?? '',
      pid?.getComponent(30, 1) ?? '', pv1?.getComponent(3, 1) ?? '', pv1?.getComponent(36, 1) ?? '',
    ];
  };
}

async function simple() {
  const { default: hl7 } = await import('simple-hl7');
  const parser = new hl7.Parser();
  const one = (segment, number) => {
    const field = segment?.fields[number - 1]?.value?.[0];
    return field === undefined ? '' : String(field[0]?.value?.[0] ?? field);
  };
  return (body) => {
    const message = parser.parse(body.toString('utf8'));
    const [evn, pid, pv1] = ['EVN', 'PID', 'PV1'].map((segment) => message.getSegment(segment));
    return [one(message.header, 9), one(evn, 2), one(pid, 3), one(pid, 29), one(pid, 30), one(pv1, 3), one(pv1, 36)];
  };
}

const read = await { '@medplum/core': medplum, 'simple-hl7': simple }[name]();
const fields = bodies.map((body) => {
  try { return read(body); } catch { return null; }
});
let count = 0;
const begun = process.hrtime.bigint(), end = begun + BigInt(Math.round(Number(seconds) * 1e9));
let now = begun;
while (now < end) {
  for (let n = 0; n < 64; n += 1) {
    try { read(bodies[(count + n) % bodies.length]); } catch { /* counted as read: it is the others' time that we measure */ }
  }
  count += 64;
  now = process.hrtime.bigint();
}
console.log(JSON.stringify({ rate: count / (Number(now - begun) / 1e9), fields }));
