// The first visit: a card, a lock phrase, and a request that goes to the coordinator by hand.

import { printOf, unb64 } from './bytes.mjs';
import { enrol } from './keys.mjs';
import { SHORTEST_PHRASE } from './lock.mjs';
import { byId, languageName, put, sentence, show } from './view.mjs';

const form = byId('enrol-form');

export function showRequest(request) {
  const text = JSON.stringify(request);
  byId('request-text').value = text;
  const save = byId('request-save');
  if (save.href) URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  printOf(unb64(request.idkey)).then((words) => put('request-words', words.replaceAll('-', ' ')));
  show('request');
}

export async function copyRequest() {
  const box = byId('request-text');
  box.select();
  await globalThis.navigator.clipboard?.writeText(box.value).catch(() => document.execCommand('copy'));
  put('request-copied', sentence('copied'));
}

/** Wires the form; `done(request)` is called once the keys are made and kept. */
export function enrolling(done) {
  for (const el of form.querySelectorAll('[data-lang]')) el.textContent = languageName(el.dataset.lang);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const said = new FormData(form);
    const phrase = said.get('phrase');
    const differ = phrase !== said.get('again') || phrase.trim().length < SHORTEST_PHRASE;
    byId('e-differ').hidden = !differ;
    if (differ) return;
    const word = (name) => said.get(name).trim();
    const card = {
      name: word('name'), profession: word('profession'), unit: word('unit'), languages: said.getAll('languages'),
      tel: word('tel'), signal: word('signal'), whatsapp: word('whatsapp'),
    };
    const request = await enrol(card, phrase, document.documentElement.dataset.programme);
    form.reset();
    done(request);
  });
}
