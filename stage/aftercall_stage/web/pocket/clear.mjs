// A new night finds a phone that remembers nothing of the last one.

const MARK = 'stage.story';

/** Clears everything this origin keeps, unless it was cleared for this night already. */
export async function clear(story) {
  if (localStorage.getItem(MARK) === story) return;
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) {
    await new Promise((done) => {
      const gone = indexedDB.deleteDatabase(name);
      gone.onsuccess = gone.onerror = gone.onblocked = done;
    });
  }
  localStorage.setItem(MARK, story);
}
