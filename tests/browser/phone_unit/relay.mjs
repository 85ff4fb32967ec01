// A server in forty lines, with the calls of docs/care-api.md: enough to hold two phones to their word, and to fail on purpose.

import { Refused, Unreached } from '../../../aftercall/phone/net.mjs';
import { b64, hex, sha256 } from './people.mjs';
import { unhex } from '../../../aftercall/phone/bytes.mjs';

const gone = () => {
  throw new Refused(404, 'gone');
};

export class Relay {
  constructor(directory) {
    Object.assign(this, { directory, boxes: new Map(), log: [], down: false, rung: [] });
  }

  /** The network as one phone has it: `net.call`, after a turn of the loop, or nothing when the relay is down. */
  net() {
    const call = async (method, path, { head = {}, body, stop } = {}) => {
      await new Promise((r) => setTimeout(r, 1));
      this.log.push({ method, path, head, body });
      if (this.down || stop?.aborted) throw new Unreached('down');
      const answer = await this.answer(method, path, head, body);
      return { status: 200, json: answer ?? null, etag: null };
    };
    return { call };
  }

  async answer(method, path, head, body) {
    if (path === 'directory') return this.directory();
    if (path === 'box' && method === 'POST') return this.ask(JSON.parse(body));
    const b = this.boxes.get(head['X-Box']) ?? gone();
    const h = hex(await sha256(unhex(head['X-Cap'])));
    if (path === 'box/take') return this.take(b, h);
    if (path === 'box/pass') return this.lapse(b.box);
    const side = h === b.hc ? 'c' : h === b.cap ? 'p' : gone();
    return this.held(method, path, head, body, b, side);
  }

  ask(a) {
    const there = this.boxes.get(a.box);
    if (there && there.hc !== a.hc) gone();
    if (!there) this.boxes.set(a.box, { ...a, state: 'open', taker: null, lapsed: 0, c: [], p: [], heard: {}, n: 0 });
    return { rung: this.rung.length, duty: 0, allied: this.allied ?? 0 };
  }

  take(b, h) {
    const pid = Object.keys(b.copies).find((p) => b.copies[p].cap === h) ?? gone();
    if (b.taker && b.taker !== pid) throw new Refused(409, 'taken');
    Object.assign(b, { taker: pid, cap: h });
    return { contact: b.contact, until: '2026-11-22T19:40:00Z' };
  }

  lapse(box) {
    Object.assign(this.boxes.get(box), { taker: null, cap: '', c: [], p: [], heard: {}, lapsed: 1 });
  }

  held(method, path, head, body, b, side) {
    const [mine, theirs] = side === 'c' ? ['c', 'p'] : ['p', 'c'];
    if (method === 'DELETE') {
      if (side === 'c') this.boxes.delete(b.box);
      else b.state = 'ended';
      return undefined;
    }
    const state = b.state !== 'open' ? b.state : b.taker ? 'lease' : b.due !== '000000' && !b.begun ? 'later' : 'open';
    if (path === 'box/state') return { state, wave: 1, rung: this.rung, taker: b.taker, lapsed: b.lapsed, tag: String((b.n += 1)) };
    if (path === 'box/spoken') return void (b.state = 'talk');
    if (method === 'POST') {
      if (!b.taker) gone(); // nobody holds it: a letter would reach nobody
      const [wire, seq] = [b64(body), new DataView(body.slice(0, 4).buffer).getUint32(0)];
      const same = b[mine].find((l) => l.seq === seq);
      if (same?.wire === wire) return undefined;
      if (same || seq <= (b.heard[mine] ?? 0)) throw new Refused(409, 'seq');
      b[mine].push({ seq, wire });
      return undefined;
    }
    const after = Number(head['X-After']);
    if (after && side === 'c') b.state = 'talk';
    if (after) b.heard[theirs] = after;
    b[theirs] = b[theirs].filter((l) => l.seq > after);
    return { state, letters: b[theirs].map((l) => l.wire) };
  }
}

