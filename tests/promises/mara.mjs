// A programme and its peers for the browser's side of the promises, and a liar who holds the steward's key but never the root.

const PHONE = process.env.PHONE ?? new URL('../../aftercall/phone/', import.meta.url).href;

/** A module of the phone; PHONE names another folder when a twin runs these tests on phones with one check less. */
export const phone = (name) => import(`${PHONE}${name}.mjs`);

const { b64, hex, lv, printOf, sha256, sign, utf8 } = await phone('bytes');

export const NOW = Date.parse('2026-11-22T20:00:00Z');
export const PROGRAMME = 'kisumu';

async function pair(name, uses) {
  const made = await crypto.subtle.generateKey({ name, namedCurve: 'P-256' }, true, uses);
  return { key: made.privateKey, pair: made, pub: new Uint8Array(await crypto.subtle.exportKey('raw', made.publicKey)) };
}
export const signer = () => pair('ECDSA', ['sign', 'verify']);
export const sealer = () => pair('ECDH', ['deriveBits']);

export class Programme {
  static async of(...names) {
    const it = new Programme();
    it.root = await signer();
    it.steward = await it.makeSteward();
    it.entries = {};
    it.keys = {};
    for (const name of names) await it.admit(name);
    it.print = await printOf(it.root.pub);
    return it;
  }

  async makeSteward(after = '2027-06-01', root = this.root) {
    const own = await signer();
    return { ...own, after, root: root.pub, cert: b64(await sign(root.key, lv('ac1/steward', PROGRAMME, own.pub, after))) };
  }

  async admit(name, certAfter = '2027-11-22', kemAfter = '2026-12-20') {
    const [id, kem] = [await signer(), await sealer()];
    const pid = hex(await sha256(id.pub)).slice(0, 8);
    const card = JSON.stringify({ name, profession: 'nurse', unit: 'ICU', languages: ['en'], tel: '', signal: '', whatsapp: '' });
    const cert = await sign(this.root.key, lv('ac1/cert', PROGRAMME, pid, id.pub, certAfter, card));
    const sig = await sign(id.key, lv('ac1/kem', PROGRAMME, pid, kem.pub, kemAfter));
    this.keys[name] = { pid, id, kem: kem.pub, pair: kem.pair };
    this.entries[name] = {
      pid, card, idkey: b64(id.pub), cert_after: certAfter, cert: b64(cert), kem: b64(kem.pub), kem_after: kemAfter, kem_sig: b64(sig),
    };
    return this.entries[name];
  }

  /** Signed by the steward, whatever stands in it. */
  async list(peers, { steward = this.steward, issued = '2026-11-22T20:00:00Z' } = {}) {
    const body = JSON.stringify({
      v: 1, programme: PROGRAMME, name: 'Kisumu peers', issued, root: b64(steward.root), duty: { tel: '+254700000099' }, lines: [], cover: '',
      steward: { key: b64(steward.pub), not_after: steward.after, cert: steward.cert }, peers,
    });
    return { body, sig: b64(await sign(steward.key, lv('ac1/directory', PROGRAMME, await sha256(utf8(body))))) };
  }
}
