// The vendored library gives what RFC 9180, appendix A.3.1, says it must for our key encapsulation, DHKEM(P-256, HKDF-SHA256).

import assert from 'node:assert/strict';
import test from 'node:test';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '../../../aftercall/phone/vendor/hpke.mjs';
import { hex, unhex } from '../../../aftercall/phone/bytes.mjs';

const IKM = '668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550';
const SECRET_KEY = 'f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2';
const PUBLIC_KEY =
  '04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0';
const ENC =
  '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4';
const SHARED = 'c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8';

const suite = () => new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

test('a key pair is derived as the RFC says', async () => {
  const { kem } = suite();
  const pair = await kem.deriveKeyPair(unhex(IKM).buffer);
  assert.equal(hex(new Uint8Array(await kem.serializePublicKey(pair.publicKey))), PUBLIC_KEY);
});

test('what was encapsulated opens to the shared secret of the RFC, and not with another key', async () => {
  const { kem } = suite();
  const recipientKey = await kem.deserializePrivateKey(unhex(SECRET_KEY).buffer);
  assert.equal(hex(new Uint8Array(await kem.decap({ recipientKey, enc: unhex(ENC).buffer }))), SHARED);
  const other = (await kem.generateKeyPair()).privateKey;
  assert.notEqual(hex(new Uint8Array(await kem.decap({ recipientKey: other, enc: unhex(ENC).buffer }))), SHARED);
});
