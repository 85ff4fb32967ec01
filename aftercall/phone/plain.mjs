// A page that is there to be read, printed, or passed on.

import { begin } from './leaf.mjs';
import { byId } from './view.mjs';

byId('print')?.addEventListener('click', () => print());

// The share sheet is shown where the phone has one; the text goes to whomever they choose, from their own phone, and this page doesn't see to whom.
for (const button of document.querySelectorAll('[data-share]')) {
  button.hidden = !navigator.share;
  button.addEventListener('click', () => navigator.share({ text: button.dataset.share }).catch(() => {}));
}
begin();
