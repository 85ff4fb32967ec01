// Asks this phone or computer for its passkey and puts the answer into the form. It stands in the page's head, before the buttons,
// so that none can be pressed before it is there.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function made(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) } };
  publicKey.excludeCredentials = (options.excludeCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const { rawId, type, response } = await navigator.credentials.create({ publicKey });
  const { clientDataJSON, attestationObject } = response;
  return { id: text(rawId), rawId: text(rawId), type, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) } };
}

async function shown(options) {
  const { rawId, type, response } = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: [] } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const said = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
  return { id: text(rawId), rawId: text(rawId), type, response: { ...said, userHandle: userHandle ? text(userHandle) : null } };
}

// "never": this browser can't, or the page came without TLS. "again": it was broken off, or there is none here.
const why = (problem) => (!window.PublicKeyCredential ? "never" : problem.name === "InvalidStateError" ? "have" : "again");

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  for (const one of form.querySelectorAll("[data-why]")) one.hidden = true;
  try {
    const options = JSON.parse(form.dataset.options);
    form.elements.said.value = JSON.stringify(await (form.dataset.passkey === "make" ? made(options) : shown(options)));
    form.submit();
  } catch (problem) {
    form.querySelector(`[data-why=${why(problem)}]`).hidden = false;
    delete form.dataset.busy;
  }
});

document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("input[name=code]:not([type=hidden])"), code = location.hash.slice(1);
  if (!field || !code) return;
  field.value = decodeURIComponent(code);
  for (const link of document.querySelectorAll(".langs a")) link.hash = code;
  history.replaceState(null, "", location.pathname + location.search);
});
