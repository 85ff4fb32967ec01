// The tour's hand on this phone: it presses and writes on what a person would see, waits until it is there, and listens to the stage alone.
{ const stage = document.currentScript.dataset.stage;
  const PATIENCE_MS = 40_000;
  const LOOK_MS = 50;

  const shown = (at, text) => [...document.querySelectorAll(at)].find((el) => el.checkVisibility() && !el.disabled && el.textContent.includes(text));
  const acts = {
    see() {},
    press: (el) => (el.control ?? el).click(), // a label that is pressed would take the keyboard to its field
    write(el, words) {
      el.value = words;
      el.dispatchEvent(new Event('input', { bubbles: true }));
    },
  };

  addEventListener('message', ({ origin, data, ports: [port] }) => {
    if ((origin !== stage && origin !== location.origin) || !port || !Object.hasOwn(acts, data?.hand)) return;
    const { hand, at, text = '', words, past } = data;
    const end = performance.now() + PATIENCE_MS;
    let stopped = false;
    port.onmessage = () => (stopped = true);
    const look = () => {
      if (stopped) return;
      if (past && shown(past, '')) return port.postMessage({ done: true }); // somebody has pressed it by themselves
      const el = shown(at, text);
      if (!el && performance.now() < end) return void setTimeout(look, LOOK_MS);
      if (el) {
        el.scrollIntoView({ block: 'nearest' });
        acts[hand](el, words);
      }
      port.postMessage({ done: !!el });
    };
    look();
  });
}
