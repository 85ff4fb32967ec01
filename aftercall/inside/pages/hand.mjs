// The code of a poster's link stands behind #, where no server sees it. It is put into the form, and leaves the address bar.
const field = document.querySelector("[name=code]");
const code = location.hash.slice(1);
if (field && code) {
  field.value = decodeURIComponent(code);
  for (const link of document.querySelectorAll(".langs a")) link.hash = code;
  history.replaceState(null, "", location.pathname + location.search);
}
const earlier = document.querySelectorAll("[name=time]");
for (const time of earlier) time.addEventListener("input", () => { time.form.querySelector("[value=earlier]").checked = true; });
