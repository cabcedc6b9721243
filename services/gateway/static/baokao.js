// What every page gains from scripts. Nothing here is needed to finish a registration.
import { initAll } from "./vendor/govuk-frontend.min.js";

const body = document.body;
const status = document.getElementById("status");

function say(text, bad) {
  status.textContent = text;
  status.classList.toggle("is-bad", Boolean(bad));
  clearTimeout(say.timer);
  if (!bad) say.timer = setTimeout(() => { status.textContent = ""; }, 2500);
}

function enhance(root) {
  for (const item of root.querySelectorAll(".bk-js")) item.hidden = false;
  for (const item of root.querySelectorAll(".bk-nojs")) item.hidden = true;
  for (const item of root.querySelectorAll(".bk-file")) item.classList.add("bk-file--own");
}

// ---- fields: saved when left; a save that failed is tried again, and what was typed outlives an ended session
const KEPT = "baokao.typed";
const form = document.getElementById("form");

function typedFields() {
  const fields = form ? form.querySelectorAll(".bk-fields input[name]:not([type=search]), .bk-fields select") : [];
  return [...fields].filter((field) => field.type !== "radio" || field.checked);
}

function keepTyped() {
  const values = {};
  for (const field of typedFields()) if (field.value) values[field.name] = field.value;
  if (Object.keys(values).length) sessionStorage.setItem(KEPT, JSON.stringify(values));
}

function giveBackTyped() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  if (!form || !kept) return;
  sessionStorage.removeItem(KEPT);
  for (const field of form.querySelectorAll(".bk-fields input[name], .bk-fields select")) {
    const value = kept[field.name];
    if (!value || field.readOnly) continue;
    if (field.type === "radio") {
      if (field.value !== value || field.checked) continue;
      field.checked = true;
    } else {
      if (field.value) continue;
      field.value = value;
    }
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const marked = new WeakSet();
for (const name of ["input", "change"]) {
  body.addEventListener(name, (event) => { if (event.target.closest(".bk-field")) marked.add(event.target); });
}
// Closing the page while a field is being typed in: save what is there.
addEventListener("pagehide", () => {
  const field = document.activeElement;
  if (!field || !marked.has(field) || !field.name || !field.closest("[hx-patch]")) return;
  fetch("/form/fields", {
    method: "PATCH", keepalive: true, headers: { "X-CSRF-Token": body.dataset.csrf },
    body: new URLSearchParams({ [field.name]: field.value }),
  });
});

// A refusal stays one however often it is asked again; the answer says why.
function refusal(xhr) {
  try { return JSON.parse(xhr.responseText).text; } catch (error) { return body.dataset.textUnsaved; }
}

body.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, successful, xhr, elt } = event.detail;
  if (requestConfig.verb !== "patch" || xhr.status === 401) return;
  if (successful) say(body.dataset.textSaved);
  else if (xhr.status >= 400 && xhr.status < 500) say(refusal(xhr), true);
  else {
    say(body.dataset.textUnsaved, true);
    setTimeout(() => elt.dispatchEvent(new Event("change", { bubbles: true })), 4000);
  }
});
body.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401) return;
  // A form that is on its way may have begun another session: the end of the one before leads nobody to the sign-in.
  if (leaving) event.preventDefault();
  else keepTyped();
});
// The card fills in what is empty: what somebody typed, or is typing, is not drawn over; and who has just gone there to
// type replaces what the card said, as after the tabulator key.
body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (!fragment.querySelector("[data-from-card]")) return;
  if ([...target.querySelectorAll("input")].some((input) => marked.has(input))) event.detail.shouldSwap = false;
  else if (target.contains(document.activeElement)) {
    const { id } = document.activeElement;
    queueMicrotask(() => document.getElementById(id)?.select?.());
  }
});
body.addEventListener("htmx:oobAfterSwap", (event) => {
  // The event names the element that was there before.
  const { id } = event.detail.target;
  const input = id.startsWith("verdict-") && document.getElementById(id.slice(8));
  if (input) input.setAttribute("aria-invalid", String(document.getElementById(id).classList.contains("bk-verdict--bad")));
});
body.addEventListener("htmx:load", (event) => enhance(event.detail.elt));

// ---- live parts: where events do not get through, ask every few seconds
const failures = new Map();
body.addEventListener("htmx:sseError", (event) => {
  const part = event.target;
  const count = (failures.get(part) || 0) + 1;
  failures.set(part, count);
  if (count !== 2) return;
  const timer = setInterval(() => {
    if (!part.isConnected || !part.querySelector(".bk-spin, .bk-qr")) clearInterval(timer);
    else window.htmx.ajax("GET", part.dataset.poll, { target: part, swap: "innerHTML" });
  }, 5000);
});

// ---- a document that must be read for some seconds (the server counts as well)
const wait = document.getElementById("read-wait");
if (wait) {
  const button = document.getElementById("accept");
  let left = Number(wait.dataset.wait);
  button.disabled = true;
  const tick = () => {
    if (left <= 0) { button.disabled = false; wait.hidden = true; return; }
    wait.textContent = wait.dataset.text.replace("{n}", left);
    left -= 1;
    setTimeout(tick, 1000);
  };
  tick();
}

// ---- two minutes before the session ends
const dialog = document.getElementById("idle");
const WARN_MS = 120000;
let endsAt = 0;
let last = false;

function active(seconds) {
  endsAt = Date.now() + seconds * 1000;
}

// The sign-in takes along what a form sends; what is typed in the big form is kept here.
function over() {
  const along = document.querySelector("form[data-along]");
  if (along) { along.submit(); return; }
  keepTyped();
  location.reload();
}

async function stay() {
  const answer = await fetch("/session/stay", { method: "POST", headers: { "X-CSRF-Token": body.dataset.csrf, Accept: "application/json" } });
  if (!answer.ok || answer.redirected) { over(); return; }
  active((await answer.json()).idle_left_s);
  // So near the absolute limit nothing prolongs it; it has been said once.
  last = endsAt - Date.now() <= WARN_MS;
  dialog.close();
}

if (dialog && Number(body.dataset.idleLeft)) {
  const full = Number(body.dataset.idleLeft);
  active(full);
  // What the page asks for by itself has no event that triggered it, and prolongs nothing.
  body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.triggeringEvent) active(full);
  });
  document.getElementById("idle-stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
  setInterval(() => {
    const left = Math.round((endsAt - Date.now()) / 1000);
    if (left <= 0) { over(); return; }
    if (last || left * 1000 > WARN_MS) return;
    if (!dialog.open) dialog.showModal();
    document.getElementById("idle-left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }, 1000);
}

// ---- a form goes once, however often its button is pressed; when nothing has come of it for a while it may go again,
// but for one whose answer takes minutes: what a second press asks for would hide what the first was answered
let sent = new WeakSet();
let leaving = false;
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
  leaving = true;
  const busy = event.target.querySelector("[data-busy]");
  if (busy) busy.hidden = false;
  else setTimeout(() => { sent.delete(event.target); leaving = false; }, 10000);
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  sent = new WeakSet();
  leaving = false;
  document.querySelectorAll("[data-busy]").forEach((busy) => { busy.hidden = true; });
});

// ---- our own button for files, in the language of the page, says what was chosen
document.addEventListener("change", (event) => {
  const name = event.target.type === "file" && document.querySelector(`[data-file-of="${event.target.id}"]`);
  if (name) name.textContent = event.target.files.length ? event.target.files[0].name : "";
});

// ---- rare characters go where the cursor is
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-char]");
  const box = button && button.closest("[data-into]");
  if (!box) return;
  const input = document.getElementById(box.dataset.into);
  input.setRangeText(button.dataset.char, input.selectionStart, input.selectionEnd, "end");
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

// What was typed and left before the scripts were there has not been saved yet.
function saveEarly() {
  for (const field of document.querySelectorAll("[hx-patch] input[name]:not([type=search]):not([type=file])")) {
    const chosen = field.type === "radio" || field.type === "checkbox";
    const touched = chosen ? field.checked && !field.defaultChecked : field.value !== field.defaultValue;
    if (touched && field !== document.activeElement) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

enhance(document);
initAll();
// After htmx, which begins to listen at the same event but earlier: a field given back is saved as if it were typed.
document.addEventListener("DOMContentLoaded", saveEarly);
document.addEventListener("DOMContentLoaded", giveBackTyped);
