// The reviewer's keyboard. Every key has a link or a button that does the same.
const rows = [...document.querySelectorAll("[data-row]")];
let at = -1;

function go(step) {
  if (!rows.length) return;
  at = Math.max(0, Math.min(rows.length - 1, at + step));
  rows.forEach((row, index) => row.classList.toggle("is-at", index === at));
  rows[at].querySelector("a").focus();
}

const follow = (selector) => { const link = document.querySelector(selector); if (link) link.click(); };
const send = (id) => { const form = document.getElementById(id); if (form) form.requestSubmit(); return Boolean(form); };

const KEYS = {
  j: () => (rows.length ? go(1) : follow("a[rel=next]")),
  k: () => (rows.length ? go(-1) : follow("a[rel=prev]")),
  a: () => send("approve-form"),
  r: () => { const first = document.getElementById("reason_code"); if (first) first.focus(); },
  u: () => send("undo-form") || follow("[data-undo]"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const action = KEYS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});

const reason = document.getElementById("reason_code");
if (reason) {
  reason.addEventListener("change", () => {
    const field = reason.selectedOptions[0].dataset.field;
    if (field) document.getElementById("field").value = field;
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-zoom]");
  if (!link || event.ctrlKey) return;
  event.preventDefault();
  const picture = Object.assign(document.createElement("img"), { src: link.href, alt: link.querySelector("img").alt, className: "bk-big" });
  const dialog = Object.assign(document.createElement("dialog"), { className: "bk-lightbox" });
  dialog.append(picture);
  dialog.addEventListener("click", () => (picture.classList.contains("is-huge") ? dialog.close() : picture.classList.add("is-huge")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
});
