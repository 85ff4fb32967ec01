// The page is kept on this phone, so that it opens without a network; what was kept gives way to what is new, numbers first.

import { byId } from './view.mjs';

const keeper = () => navigator.serviceWorker; // none in some private windows

/** Keeps page and program, in the language that is shown. Never within another page's frame. */
export async function keepHere() {
  if (!keeper() || globalThis.top !== globalThis.self) return;
  if (keeper().controller) keeper().addEventListener('controllerchange', newNumbers, { once: true });
  await keeper().register(`/sw.js?lang=${document.documentElement.lang}`, { updateViaCache: 'none' }).catch(() => {}); // then it works with a network only
}

/** A newer page has come while an older one is shown: its numbers are put in at once, the rest with the next visit. */
async function newNumbers() {
  try {
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('.numbers ul');
    document.querySelector('.numbers ul').replaceChildren(...fresh.children);
  } catch { /* with the next visit, then */ }
}

/** Takes all of it off this phone. `how`: `{closing: [{box, cap}], wipe}`, for the worker, which goes on when the page is gone. */
export function letGo(how) {
  const leave = (worker) => worker?.postMessage({ leave: how });
  if (keeper()?.controller) leave(keeper().controller);
  else keeper()?.getRegistration().then((found) => leave(found?.active ?? found?.waiting ?? found?.installing), () => {});
}

/** "Take this page off this phone": whoever borrowed it leaves nothing of us there. */
export function forgetting(forget) {
  byId('forget')?.addEventListener('click', () => {
    forget();
    location.replace(byId('leave').href);
  });
}
