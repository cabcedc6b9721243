// Pictures: choose, drag or take one; crop and turn it; upload with progress and retry.
const form = document.querySelector("[data-pictures]");
const words = form ? form.dataset : {};
const LONGEST = 3000;
// What the server takes (services/documents/domain.py); telephones make larger ones.
const MOST_BYTES = 12 * 1024 * 1024;
const MOST_PIXELS = 25e6;
// However slow the line is, an upload goes on while something moves.
const STALLED_MS = 60000;
const SHAPES = { portrait: 3 / 4, card: 85.6 / 54, card_back: 85.6 / 54 };

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function fail(section, text) {
  const box = section.querySelector(".govuk-error-message");
  box.textContent = text;
  box.hidden = !text;
}

function button(text, action, plain) {
  const made = element("button", { type: "button", textContent: text, className: `govuk-button ${plain ? "govuk-button--secondary" : ""} govuk-!-margin-bottom-0` });
  made.addEventListener("click", action);
  return made;
}

function close(section) {
  const editor = section.querySelector("[data-editor]");
  editor.hidden = true;
  editor.replaceChildren();
  section.querySelector("[data-drop]").hidden = false;
}

function edit(section, file) {
  if (!["image/jpeg", "image/png"].includes(file.type)) { fail(section, words.textType); return; }
  fail(section, "");
  const editor = section.querySelector("[data-editor]");
  const picture = element("img", { src: URL.createObjectURL(file), alt: "" });
  section.querySelector("[data-drop]").hidden = true;
  editor.hidden = false;
  editor.replaceChildren(element("div", { className: "bk-cropper" }, picture));
  picture.addEventListener("error", () => { close(section); fail(section, words.textType); });
  // Until the picture is laid out there is nothing to turn or to cut, and a press would be lost.
  const ready = () => {
    for (const one of bar.children) one.disabled = false;
    bar.firstChild.focus();
  };
  const cropper = new window.Cropper(picture, { viewMode: 1, autoCropArea: 1, background: false, checkOrientation: false, toggleDragModeOnDblclick: false, aspectRatio: section.dataset.shape === "portrait" ? SHAPES.portrait : NaN, ready });
  const bar = element("div", { className: "bk-inline" },
    button(words.textUse, () => use(section, file, cropper)),
    button(words.textLeft, () => cropper.rotate(-90), true),
    button(words.textRight, () => cropper.rotate(90), true),
    button(words.textCancel, () => { cropper.destroy(); close(section); }, true));
  for (const one of [...bar.children].slice(0, -1)) one.disabled = true;
  editor.append(bar);
}

function use(section, file, cropper) {
  const { x, y, width, height, rotate } = cropper.getData(true);
  const whole = cropper.getImageData();
  const untouched = !rotate && x <= 1 && y <= 1 && width >= whole.naturalWidth - 2 && height >= whole.naturalHeight - 2;
  const fits = file.size <= MOST_BYTES && whole.naturalWidth * whole.naturalHeight <= MOST_PIXELS;
  const send = (content) => { cropper.destroy(); close(section); upload(section, content); };
  if (untouched && fits) { send(file); return; }
  const canvas = cropper.getCroppedCanvas({ maxWidth: LONGEST, maxHeight: LONGEST, fillColor: "#fff", imageSmoothingQuality: "high" });
    // A picture that the browser cannot draw again goes as it is: the server says what is wrong with it.
  canvas.toBlob((drawn) => send(drawn || file), "image/jpeg", 0.93);
}

function upload(section, content) {
  const bar = section.querySelector("progress");
  const request = new XMLHttpRequest();
  const broken = () => {
    bar.hidden = true;
    fail(section, `${words.textFailed} `);
    section.querySelector(".govuk-error-message").append(button(words.textRetry, () => { fail(section, ""); upload(section, content); }, true));
  };
  bar.hidden = false;
  const began = performance.now();
  request.upload.addEventListener("progress", (event) => {
    bar.value = (100 * event.loaded) / event.total;
    request.timeout = performance.now() - began + STALLED_MS;
  });
  request.addEventListener("error", broken);
  request.addEventListener("timeout", broken);
  request.addEventListener("load", () => {
    bar.hidden = true;
    if (request.getResponseHeader("HX-Redirect")) location.assign(request.getResponseHeader("HX-Redirect"));
    else if (request.status < 500 && (request.getResponseHeader("Content-Type") || "").startsWith("application/json")) fail(section, JSON.parse(request.responseText).text);
    else if (request.status >= 500 || !request.responseText.includes("material-")) broken();
    else window.htmx.swap(section, request.responseText, { swapStyle: "outerHTML" });
  });
  request.open("POST", `/form/pictures/${section.dataset.kind}`);
  request.timeout = STALLED_MS;
  request.setRequestHeader("X-CSRF-Token", document.body.dataset.csrf);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(content);
}

async function camera(section) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: section.dataset.shape === "portrait" ? "user" : "environment", width: { ideal: 1920 } } });
  } catch (error) { fail(section, words.textCamera); return; }
  const editor = section.querySelector("[data-editor]");
  const video = element("video", { autoplay: true, muted: true, playsInline: true, srcObject: stream });
  const stop = () => { stream.getTracks().forEach((track) => track.stop()); close(section); };
  const take = () => {
    const canvas = element("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((content) => { stop(); edit(section, new File([content], "camera.jpg", { type: "image/jpeg" })); }, "image/jpeg", 0.95);
  };
  section.querySelector("[data-drop]").hidden = true;
  editor.hidden = false;
  editor.replaceChildren(element("div", { className: "bk-cropper" }, video), element("div", { className: "bk-inline" }, button(words.textTake, take), button(words.textCancel, stop, true)));
}

function chosen(input) {
  const [file] = input.files;
  input.value = "";
  edit(input.closest("[data-kind]"), file);
}

if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.type === "file" && event.target.files.length) chosen(event.target);
  });
  // On a slow line somebody may have chosen a file before this script was there.
  for (const input of form.querySelectorAll("input[type=file]")) if (input.files.length) chosen(input);
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-camera]")) camera(event.target.closest("[data-kind]"));
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      const drop = event.target.closest("[data-drop]");
      if (!drop) return;
      event.preventDefault();
      drop.classList.toggle("bk-drop--over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) edit(drop.closest("[data-kind]"), event.dataTransfer.files[0]);
    });
  }
}
