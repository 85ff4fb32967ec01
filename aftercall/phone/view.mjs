// One thing on the screen at a time, its heading said aloud; every word comes from the page itself.

const byId = (id) => document.getElementById(id);
const views = () => document.querySelectorAll('main > section');
const say = byId('say');

export { byId };

/** The page's own sentence `key` with `{name}` filled in. */
export function sentence(key, parts = {}) {
  const text = say.content.querySelector(`[data-k="${key}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? '');
}

export const andList = (names) => new Intl.ListFormat(document.documentElement.lang, { type: 'conjunction' }).format(names);

/** A language's own name for itself. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([code], { type: 'language' }).of(code);
  } catch {
    return code;
  }
}

/** A time of day, with its weekday: it may be tomorrow's. */
export const clock = (ms) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);

export const oclock = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));

export const showing = () => document.body.dataset.view;

/** Shows one section and moves the reader to its heading. Nothing happens when it is shown already. */
export function show(id) {
  if (showing() === id && document.documentElement.dataset.live) return;
  for (const view of views()) view.hidden = view.id !== id;
  document.body.dataset.view = id;
  document.documentElement.dataset.live = '1';
  globalThis.scrollTo(0, 0);
  byId(id).querySelector('h1').focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent('shown', { detail: id }));
}

export const hide = (id, is = true) => void (byId(id).hidden = is);

/** Text into an element, only when it changed, so that it is not read aloud twice. */
export function put(id, text) {
  const el = byId(id);
  if (el.textContent !== text) el.textContent = text;
  return el;
}

export function make(tag, attributes = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value != null) el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children);
  return el;
}
