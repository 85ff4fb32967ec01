// One durable row a message, before its answer: better-sqlite3, else Node's own SQLite, else an appended line and fdatasync.
import fs from 'node:fs';

const PRAGMAS = ['PRAGMA journal_mode=WAL', 'PRAGMA synchronous=FULL', 'CREATE TABLE IF NOT EXISTS heard (control TEXT, patient TEXT, died TEXT)'];
const INSERT = 'INSERT INTO heard VALUES (?, ?, ?)';

export async function open(path) {
  if (!path) return { kind: 'none', keep: () => {} };
  try {
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(path);
    for (const said of PRAGMAS) db.exec(said);
    const insert = db.prepare(INSERT);
    return { kind: 'better-sqlite3, WAL, synchronous=FULL', keep: (...row) => insert.run(...row) };
  } catch (problem) {
    if (problem.code === 'SQLITE_ERROR') throw problem;
  }
  try {
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(path);
    for (const said of PRAGMAS) db.exec(said);
    const insert = db.prepare(INSERT);
    return { kind: 'node:sqlite, WAL, synchronous=FULL', keep: (...row) => insert.run(...row) };
  } catch {
    const file = fs.openSync(path, 'a');
    return {
      kind: 'appended line and fdatasync (no SQLite for this Node)',
      keep: (...row) => {
        fs.writeSync(file, `${JSON.stringify(row)}\n`);
        fs.fdatasyncSync(file);
      },
    };
  }
}
