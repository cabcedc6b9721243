// Face reset: the countdown beside the code; on the phone the camera with its oval, preview, retake and upload.
const LONGEST = 1600;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function button(text, action, plain) {
  const made = element("button", { type: "button", textContent: text, className: `govuk-button ${plain ? "govuk-button--secondary" : ""}` });
  made.addEventListener("click", action);
  return made;
}

// ---- the screen: how long the code is good for
function countDown(root) {
  const box = root.querySelector("[data-left]");
  if (!box) return;
  const ends = Date.now() + Number(box.dataset.left) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    box.textContent = box.dataset.text.replace("{time}", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
    if (left && box.isConnected) setTimeout(tick, 1000);
  };
  tick();
}

function asPhone(event) {
  const link = event.target.closest("[data-phone]");
  if (!link) return;
  event.preventDefault();
  window.open(link.href, "_blank", "noopener,width=390,height=844");
}

// ---- the phone: a photo
const form = document.querySelector("[data-photo]");
const words = form ? form.dataset : {};

function fail(text) {
  const box = document.getElementById("photo-error");
  box.textContent = text;
  box.hidden = !text;
}

function show(...children) {
  const editor = form.querySelector("[data-editor]");
  form.querySelector("[data-choose]").hidden = children.length > 0;
  editor.hidden = !children.length;
  editor.replaceChildren(...children);
}

async function smaller(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = element("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.92); });
}

async function preview(file) {
  fail("");
  let content;
  try { content = await smaller(file); } catch (error) { show(); fail(words.textType); return; }
  const picture = element("img", { src: URL.createObjectURL(content), alt: words.textPreview });
  const use = button(words.textUse, () => { use.disabled = true; upload(content); });
  show(element("div", { className: "bk-selfie__frame" }, picture), use, button(words.textRetake, () => show(), true));
  use.focus();
}

function upload(content) {
  const bar = form.querySelector("progress");
  const request = new XMLHttpRequest();
  const broken = (text) => { bar.hidden = true; show(); fail(text || words.textFailed); };
  const body = new FormData();
  body.append("csrf", form.elements.csrf.value);
  body.append("photo", content, "photo.jpg");
  bar.hidden = false;
  request.upload.addEventListener("progress", (event) => { bar.value = (100 * event.loaded) / event.total; });
  request.addEventListener("error", () => broken());
  request.addEventListener("timeout", () => broken());
  request.addEventListener("load", () => {
    let told = {};
    try { told = JSON.parse(request.responseText); } catch (error) { told = {}; }
    if (request.status === 200 && told.location) location.assign(told.location);
    else broken(told.text);
  });
  request.open("POST", form.action);
  request.timeout = 60000;
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
}

async function camera() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } } });
  } catch (error) { fail(words.textCamera); return; }
  fail("");
  const video = element("video", { autoplay: true, muted: true, playsInline: true, srcObject: stream });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  const take = () => {
    const canvas = element("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    stop();
    canvas.toBlob((content) => preview(content), "image/jpeg", 0.95);
  };
  const shutter = button(words.textTake, take);
  shutter.disabled = true;
  video.addEventListener("loadeddata", () => { shutter.disabled = false; shutter.focus(); });
  show(element("div", { className: "bk-selfie__frame" }, video, element("div", { className: "bk-selfie__oval" })), shutter, button(words.textCancel, () => { stop(); show(); }, true));
}

if (form) {
  const input = form.querySelector("input[type=file]");
  const chosen = () => { const [file] = input.files; input.value = ""; if (file) preview(file); };
  input.addEventListener("change", chosen);
  if (input.files.length) chosen();
  const open = form.querySelector("[data-camera]");
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) open.addEventListener("click", camera);
  else open.remove();
}

// ---- the result is there: on to the next step
function go(root) {
  const found = root.matches("[data-go]") ? root : root.querySelector("[data-go]");
  if (found) location.replace(found.dataset.go);
}

document.addEventListener("click", asPhone);
document.body.addEventListener("htmx:load", (event) => { countDown(event.detail.elt); go(event.detail.elt); });
countDown(document);
go(document.documentElement);
