// The one file that is not ours is the file we said it is, and nothing of ours reaches for another host.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

const phone = new URL('../../../aftercall/phone/', import.meta.url);
const read = (name) => readFileSync(new URL(name, phone));

test('the bundle has the SHA-256 that its page of origin gives', () => {
  const hash = createHash('sha256').update(read('vendor/hpke.mjs')).digest('hex');
  assert.ok(read('vendor/ORIGIN.md').includes(hash));
});

test('no file asks anything of another host, and none makes code out of text', () => {
  // Links that a person presses, and a name space, are not requests of the page.
  const pressed = /https:\/\/(wa\.me|signal\.me)|www\.w3\.org\/2000\/svg|https:\\\/\\\/signal/;
  for (const name of readdirSync(phone).filter((n) => /\.(mjs|css|html|svg)$/.test(n))) {
    const text = read(name).toString();
    for (const [line] of text.matchAll(/^.*(?:https?:)?\/\/[a-z0-9-]+\.[a-z].*$/gim)) {
      if (!line.trim().startsWith('//') && !pressed.test(line)) assert.fail(`${name}: ${line.trim()}`);
    }
    assert.ok(!/\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write\(/.test(text), name);
    const hashed = /<(style|script)[^>]*>\{\{ frame\.(STYLE|SCRIPT)\|safe \}\}<\/\1>/g; // the questions': the policy names them by their hash
    if (name.endsWith('.html')) assert.ok(!/<script(?![^>]*src=)|\son\w+=|\sstyle=|<style/.test(text.replace(hashed, '')), name);
  }
});

test('the pages never print a word that would be a lie', () => {
  const lies = /anonym|nobody can ever know|military|even we cannot|hipaa|privileged|completely confidential|end-to-end/i;
  for (const name of ['care.html', 'peer.html']) assert.ok(!lies.test(read(name)), name);
});
