// What a phone keeps, and where: one small drawer for each lifetime, and memory alone where the browser keeps nothing.

/** A drawer of JSON values over `localStorage` or `sessionStorage` (or nothing: private mode). Never throws; `keeps` says if it outlives a reload. */
export function drawer(storage) {
  const memory = new Map();
  let keeps = false;
  try {
    storage.setItem('ac1.try', '1');
    storage.removeItem('ac1.try');
    keeps = true;
  } catch { /* private mode, or storage is full or forbidden: memory must do */ }
  return {
    keeps,
    get(name) {
      if (memory.has(name)) return memory.get(name);
      try {
        return JSON.parse(storage.getItem(name)) ?? null;
      } catch {
        return null;
      }
    },
    set(name, value) {
      memory.set(name, value);
      try {
        storage.setItem(name, JSON.stringify(value));
      } catch { /* kept in memory */ }
    },
    del(name) {
      memory.delete(name);
      try {
        storage.removeItem(name);
      } catch { /* was in memory only */ }
    },
  };
}

/** A drawer for keys, in IndexedDB: `get`, `set`, `del`, each a promise. Falls back to memory when the browser has none. */
export function vault(name = 'ac1', factory = globalThis.indexedDB) {
  const memory = memoryVault();
  const opened = new Promise((resolve) => {
    try {
      const ask = factory.open(name, 1);
      ask.onupgradeneeded = () => ask.result.createObjectStore('kept');
      ask.onsuccess = () => resolve(ask.result);
      ask.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  const run = async (mode, use, otherwise) => {
    const db = await opened;
    if (!db) return otherwise();
    return new Promise((resolve, reject) => {
      const t = db.transaction('kept', mode);
      const r = use(t.objectStore('kept'));
      t.oncomplete = () => resolve(r.result ?? null);
      t.onerror = t.onabort = () => reject(t.error);
    });
  };
  return {
    get: (key) => run('readonly', (s) => s.get(key), () => memory.get(key)),
    set: (key, value) => run('readwrite', (s) => s.put(value, key), () => memory.set(key, value)),
    del: (key) => run('readwrite', (s) => s.delete(key), () => memory.del(key)),
  };
}

export function memoryVault() {
  const kept = new Map();
  return {
    get: async (key) => kept.get(key) ?? null,
    set: async (key, value) => void kept.set(key, value),
    del: async (key) => void kept.delete(key),
  };
}
