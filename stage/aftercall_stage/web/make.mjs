// The smallest words for building a page, and for telling a time as this night tells it.

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value != null) el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children);
  return el;
}

/** Text into an element, only when it changed, so that it is not read aloud twice. */
export function put(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

export function press(text, kind, then) {
  const button = make('button', { type: 'button', class: kind }, text);
  button.addEventListener('click', then);
  return button;
}

let zone = 'UTC';
export const setZone = (name) => void (zone = name);
const told = (at, how) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...how }).format(at);
export const clock = (at) => told(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const minute = (at) => told(at, { hour: '2-digit', minute: '2-digit' });
export const weekday = (at) => told(at, { weekday: 'long', day: 'numeric', month: 'long' });
/** A column's instant as milliseconds: some stand in whole seconds, some in milliseconds. */
export const instant = (value) => (value > 1e11 ? value : value * 1000);
export const stamp = (at) => told(at, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).replace(',', '');
