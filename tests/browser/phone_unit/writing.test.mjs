// What somebody has written stays in the box until the talk has taken it.

import assert from 'node:assert/strict';
import test from 'node:test';

// A page with a box to write in, and a Send whose press can be waited for.
const text = { value: '', focus() {}, addEventListener() {} };
const write = { addEventListener: (_, go) => void (write.press = () => go({ preventDefault() {} })) };
globalThis.document = { getElementById: (id) => ({ text, write })[id], addEventListener() {} };
const { writing } = await import('../../../aftercall/phone/bubbles.mjs');

test('words go to the talk, and the box is free for the next ones while they are on their way', () => {
  const taken = [];
  writing((letter) => new Promise(() => taken.push(letter)));
  text.value = '  I am here. ';
  write.press();
  assert.deepEqual(taken, ['I am here.']);
  assert.equal(text.value, '');
});

test('words that no talk takes stay in the box', async () => {
  writing(() => {
    throw new TypeError('there is no talk');
  });
  text.value = 'I am here.';
  await assert.rejects(write.press(), /no talk/);
  assert.equal(text.value, 'I am here.');
});
