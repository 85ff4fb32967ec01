// What every page of the notebook does besides its own: Leave, the way back to an open talk, languages by their own names.

import { keepHere } from './keeping.mjs';
import { leaving, openBox } from './leaving.mjs';
import { byId, languageName } from './view.mjs';

export function begin() {
  document.documentElement.dataset.live = '1';
  leaving();
  byId('goes-on').hidden = !openBox();
  for (const link of document.querySelectorAll('[data-lang]')) link.textContent = languageName(link.dataset.lang);
  keepHere();
}
