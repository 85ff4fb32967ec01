// A peer's duty on the screen: on, off, until when, at rest; the question before it; and care for the peer after it.

import { drawPlan, planning } from './plan.mjs';
import { tried } from './pressed.mjs';
import { inHours, tomorrow } from './rest.mjs';
import { allowSound, calm, ringOnce } from './ring.mjs';
import { byId, hide, oclock, put, sentence, show, showing } from './view.mjs';

const moment = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));

/** `care()` gives whoever is unlocked, or null. */
export function shiftOf(care) {
  let duty = { on: 0 };
  let away = false;

  function draw() {
    const { on, until, rest: rests, turn } = duty;
    put('duty-h', on ? sentence('on', { time: oclock(until) }) : sentence('off'));
    put('status', sentence(away ? 's-away' : on ? 's-on' : 's-off'));
    byId('status').dataset.on = on && !away ? '1' : '';
    hide('duty-on', !on);
    hide('rests', !rests);
    if (rests) put('rests-until', sentence('rests', { time: moment(rests) }));
    hide('turn-now', !turn);
    hide('stay', !turn);
    if (turn) put('turn-now', sentence('turn', { time: oclock(turn) }));
    if (on) for (const id of ['duty-ask', 'duty-was', 'duty-until']) hide(id);
    else if (byId('duty-was').hidden && byId('duty-until').hidden) hide('duty-ask', false);
  }

  function ask() {
    for (const id of ['duty-was', 'duty-until', 'duty-refused']) hide(id);
    hide('duty-ask', false);
  }

  const plan = () => drawPlan(care()).catch(() => {});
  const until = (end) => tried(() => care().duty(true, end));

  /** Was at something hard: off duty, passed over, and nobody is told why. */
  const passOver = () => tried(async () => {
    calm();
    show('duty');
    for (const id of ['duty-ask', 'duty-until', 'duty-on']) hide(id);
    hide('duty-was', false);
    await care().hit();
  });

  document.addEventListener('click', ({ target }) => {
    const hours = target.closest('[data-hours]');
    if (!hours) return;
    allowSound();
    until(Date.now() + hours.dataset.hours * 3_600_000);
  });
  byId('until-form').addEventListener('submit', (event) => {
    event.preventDefault();
    allowSound();
    const [hour, minute] = byId('until-time').value.split(':');
    const end = new Date();
    end.setHours(hour, minute, 0, 0);
    if (end <= Date.now()) end.setDate(end.getDate() + 1);
    until(end);
  });
  planning(care);

  return {
    /** Unlocked: off duty until the server says otherwise. */
    async open() {
      ask();
      draw();
      show('duty');
      plan();
      const at = await care().keys.recall('remind').catch(() => null);
      hide('remind', !(at && at <= Date.now()));
    },

    lock() {
      duty = { on: 0 };
      put('status', '');
    },

    online(is) {
      away = !is;
      document.querySelectorAll('.away').forEach((el) => void (el.hidden = is));
      if (care()) draw();
    },

    /** What the server says of this peer's duty. `busy`: a talk is open. Gives whether they have just come on duty. */
    heard(now, busy) {
      if (away) this.online(true);
      const changed = duty.on !== now.on;
      const begun = now.turn && now.turn !== duty.turn;
      duty = now;
      if (begun && !busy) {
        ringOnce(); // the test ring of a standing duty, by the page
        if (!duty.on && byId('duty-was').hidden) ask();
        if (showing() !== 'ringing') show('duty');
      }
      if (changed || begun) plan();
      if (changed && !duty.on && byId('duty-was').hidden) ask(); // who was just at something hard reads on
      draw();
      return changed && duty.on;
    },

    /** A talk is over: thanks, what helps now, and rest. The count stays on this phone. */
    async after(time) {
      show('after');
      hide('after-rest');
      const { given, full } = await care().talked(time);
      const { restsUntil } = care();
      if (full) put('after-rest', sentence('full', { hours: inHours(given), time: moment(restsUntil) }));
      else if (restsUntil) put('after-rest', sentence('rests', { time: moment(restsUntil) }));
      hide('after-rest', !restsUntil);
    },

    presses: {
      was: passOver,
      hit: passOver,
      wasnot: () => tried(async () => {
        hide('duty-ask');
        if (duty.turn) await care().duty(true, duty.turn);
        else hide('duty-until', false);
      }),
      stay: () => until(duty.turn),
      rested: () => tried(() => care().rest(0)),
      enough: () => tried(async () => {
        await care().enoughForNow();
        await drawPlan(care());
      }),
      async remind() {
        await care().keys.keep('remind', tomorrow(Date.now()));
        put('remind-me', sentence('remindme')).disabled = true;
      },
      async reminded() {
        await care().keys.drop('remind');
        hide('remind');
      },
      'duty-again': ask,
      duty: () => show('duty'),
      off: () => tried(async () => {
        await care().duty(false, Date.now());
        duty = { on: 0 };
        ask();
        draw();
        show('duty');
      }),
    },
  };
}
