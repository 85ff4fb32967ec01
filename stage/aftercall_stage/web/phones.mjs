// A phone on the stage: a lock screen with the text messages it got, and behind it the real page, in a frame with an origin of its own.

import { make, minute, press, put, weekday } from './make.mjs';

const LINK = /https?:\/\/\S+/;

export class Phone {
  constructor(is, swap) {
    this.key = is.key;
    this.name = is.name;
    this.shown = 0;
    this.ahead = null;
    this.frame = make('iframe', { title: `${is.name}’s phone: the page`, name: is.key, allow: 'autoplay; clipboard-write' });
    this.time = make('time');
    this.date = make('p');
    this.notes = make('ol', { class: 'notes', 'aria-label': `Messages on ${is.name}’s phone`, 'aria-live': 'polite' });
    this.home = press('', 'home', () => this.turn());
    this.lock = make('div', { class: 'lock' }, this.time, this.date, this.notes);
    this.status = make('span');
    this.fold = press('', 'fold', swap);
    this.fold.append(make('b', {}, is.name), this.status);
    this.fold.setAttribute('aria-label', `Show ${is.name}’s phone`);
    this.el = make('article', { class: 'handset', 'data-phone': is.key, 'aria-label': `${is.name}, ${is.role}` },
      make('header', {}, make('h3', {}, is.name), make('span', {}, is.role)),
      make('div', { class: 'case' }, make('div', { class: 'screen' }, this.frame, this.lock), this.home), this.fold);
  }

  /** A new night: an empty lock screen, and a frame that first clears what this phone kept. */
  begin(is, story) {
    Object.assign(this, { origin: is.origin, peer: is.peer, shown: 0, ahead: null, page: is.peer, link: '' });
    this.notes.replaceChildren();
    this.frame.src = `${is.origin}/stage/${is.peer ? 'peer' : 'fresh'}?story=${story}`;
    this.show(is.peer);
  }

  get open() {
    return this.el.classList.contains('open');
  }

  set folded(is) {
    this.el.classList.toggle('folded', is);
  }

  get folded() {
    return this.el.classList.contains('folded');
  }

  show(page) {
    this.el.classList.toggle('open', page);
    this.lock.inert = page;
    this.frame.tabIndex = page ? 0 : -1;
    this.seen = page ? this.seen ?? 0 : this.shown;
    this.label();
  }

  /** Opened by a press: the keyboard goes to this phone too. */
  take() {
    this.show(true);
    this.frame.focus({ preventScroll: true });
  }

  turn() {
    if (this.open || this.page) this.show(!this.open);
  }

  label() {
    const news = this.shown - (this.seen ?? 0);
    const text = this.open ? 'Messages' : this.page ? 'Back to the page' : 'Locked';
    const mark = `${text}${this.open && news ? news : ''}`;
    if (this.home.dataset.mark === mark) return;
    this.home.dataset.mark = mark;
    this.home.replaceChildren(text, ...(this.open && news ? [make('i', {}, String(news))] : []));
    this.home.disabled = text === 'Locked';
  }

  /** The link opens here, in this phone's own window onto the care half: the same path and words, this phone's origin. */
  follow(link) {
    const there = new URL(link);
    this.visit(there.pathname + there.hash);
  }

  visit(path) {
    this.page = true;
    this.frame.src = this.origin + path;
    this.show(true);
  }

  /** The page, whoever opened it; else by the newest message. The keyboard stays where it is. */
  unlock() {
    if (this.page) this.show(true);
    else if (this.link) this.follow(this.link);
  }

  note({ at, from, text }) {
    const link = text.match(LINK)?.[0].replace(/[.,)]$/, '');
    const words = make('p');
    if (link) this.link = link;
    const open = (event) => {
      event.preventDefault();
      if (link) this.follow(link);
      this.take();
    };
    if (link) {
      const [before, after] = [text.slice(0, text.indexOf(link)), text.slice(text.indexOf(link) + link.length)];
      const a = make('a', { href: link, rel: 'noreferrer' }, link);
      a.addEventListener('click', open);
      words.append(before, a, after);
    } else words.append(text);
    const item = make('li', {}, make('span', { class: 'from' }, make('b', {}, from), make('span', {}, minute(new Date(at)))), words);
    if (link || this.peer) item.append(press(link ? 'Open the link' : 'Open my page', link ? 'main' : '', open));
    this.notes.prepend(item);
  }

  draw(is, now, ahead, rings) {
    put(this.time, minute(now));
    put(this.date, weekday(now));
    for (const text of is.texts.slice(this.shown)) this.note(text);
    this.shown = is.texts.length;
    if (!this.open) this.seen = this.shown;
    this.el.classList.toggle('rings', rings);
    put(this.status, rings ? 'rings' : is.peer ? (is.pid ? 'on duty' : 'enrolling') : '');
    this.label();
    if (this.ahead === null || Math.abs(ahead - this.ahead) > 400) {
      this.ahead = ahead;
      this.frame.contentWindow.postMessage({ ahead }, '*'); // no secret; the frame may still be on its way to its origin
    }
  }
}
