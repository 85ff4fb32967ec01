// The page is seen first. On a bad line all else would stand in the way of its style sheet; so what the page can do is fetched after that, in one go.

document.documentElement.dataset.opened = location.href; // as it is before any link within the page is pressed

const [first, ...others] = document.documentElement.dataset.then.split(' ');

requestAnimationFrame(() => setTimeout(() => {
  for (const name of others) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = new URL(name, import.meta.url).href;
    document.head.append(link);
  }
  begin();
}));

/** A line that loses things loses this too: another name, so that the browser doesn't answer from what failed. */
function begin(tries = 0) {
  import(`./${first}${tries ? `?${tries}` : ''}`).catch((error) => {
    console.error(error);
    if (tries < 5) setTimeout(begin, 1000 * (tries + 1), tries + 1);
  });
}
