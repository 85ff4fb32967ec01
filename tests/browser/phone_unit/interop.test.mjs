// What a phone seals another library opens, and the other way round: HPKE, contact, letters, words and signatures, with Python's `cryptography`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { random, spoken, unhex } from '../../../aftercall/phone/bytes.mjs';
import { ASKER, letters, openCopy, sealContact, sealCopy, words } from '../../../aftercall/phone/seal.mjs';
import { PROGRAMME, b64, hex, lv, phone, unb64 } from './people.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const own = here('../../../.venv/bin/python');
const python = process.env.PYTHON ?? (existsSync(own) ? own : 'python3');
const other = (given) => JSON.parse(execFileSync(python, [here('interop_peer.py')], { input: JSON.stringify(given) }));

test('the other library opens our copy, contact, letter and login, and we open its copy and letter', async () => {
  const grace = await phone('Grace');
  const [box, k, kc] = [random(16), random(32), random(32)];
  const base = { programme: PROGRAMME, pid: grace.keys.pid, box: hex(box), k: hex(k), kc: hex(kc) };
  const secret = '00'.repeat(31) + '07';
  const { kem, copy } = other({ ...base, secret, theirs: b64(grace.keys.sealing[0].kem) });
  assert.deepEqual(await openCopy(PROGRAMME, box, grace.keys.pid, grace.keys.sealing[0], unb64(copy)), { lang: 'sw' });

  const asker = await letters(PROGRAMME, hex(box), hex(k), ASKER);
  const answer = other({
    ...base, secret,
    copy: b64(await sealCopy(PROGRAMME, box, { pid: grace.keys.pid, kem: unb64(kem) }, { lang: 'fr' })),
    contact: b64(await sealContact(PROGRAMME, box, kc, { name: 'Amina' })),
    letter: b64(await asker.seal(1, 'Ninaendelea kumsikia.')),
    idkey: grace.request.idkey,
    sig: b64(await grace.keys.sign(lv('ac1/login', PROGRAMME, grace.keys.pid, 'challenge'))),
  });
  assert.deepEqual(answer.page, { lang: 'fr' });
  assert.deepEqual(answer.contact, { name: 'Amina', tel: '', place: '', near: '' });
  assert.equal(answer.letter, 'Ninaendelea kumsikia.');
  assert.equal((await asker.open(unb64(answer.reply), 0)).text, 'Niko hapa.');
  assert.equal(await words(k, box), spoken(unhex(answer.words)));
});
