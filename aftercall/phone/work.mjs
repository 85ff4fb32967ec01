// A second of this phone's work goes with each ask, so that nobody can send thousands. The screen stays awake meanwhile.

import { be32, cat, hex, lv, sha256, unhex } from './bytes.mjs';

const PIECES = 16;
const SLICE_MS = 20;

const roots = (power, many) => {
  const primes = [];
  for (let n = 2; primes.length < many; n++) if (primes.every((p) => n % p)) primes.push(n);
  return primes.map((p) => ((p ** power % 1) * 2 ** 32) | 0);
};
const K = roots(1 / 3, 64);
const H = roots(1 / 2, 8);
const w = new Int32Array(64);

/** The first word of SHA-256 over 40 bytes: eight words of `seed`, `piece`, `n`. WebCrypto would take a call and a wait for each of these. */
function first(seed, piece, n) {
  for (let i = 0; i < 8; i++) w[i] = seed[i];
  w[8] = piece;
  w[9] = n;
  w[10] = 0x80000000;
  w[11] = w[12] = w[13] = w[14] = 0;
  w[15] = 320;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  return (H[0] + a) >>> 0;
}

/** Lets the page breathe. Not by a timer: in the background these wait for a second each. */
function breath() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** What goes into `X-Work` for this box (hex): for each piece a number whose hash begins with `bits` zeros. */
export async function work(programme, box, bits) {
  const bytes = new DataView((await sha256(lv('ac1/work', programme, unhex(box)))).buffer);
  const seed = Array.from({ length: 8 }, (_, i) => bytes.getInt32(4 * i));
  const found = [];
  let begun = Date.now();
  for (let n = 0; found.length < PIECES; n++) {
    if (first(seed, found.length, n) >>> (32 - bits) === 0) {
      found.push(be32(n));
      n = -1;
    }
    if (n % 256 === 0 && Date.now() - begun > SLICE_MS) {
      await breath();
      begun = Date.now();
    }
  }
  return hex(cat(...found));
}
