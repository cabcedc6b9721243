// The slider and the device's sum before a message is sent, and the wait before the next one.
function slide(box) {
  const piece = box.querySelector(".bk-slider__piece");
  const range = box.querySelector("input");
  const { width, height, top, said } = box.dataset;
  piece.style.top = `${(100 * top) / height}%`;
  const move = () => {
    piece.style.left = `${(100 * range.value) / width}%`;
    range.setAttribute("aria-valuetext", said.replace("{n}", range.value));
  };
  range.addEventListener("input", move);
  move();
}

function work(box) {
  const answer = box.querySelector("input");
  const { salt, challenge, atMost, worker, textDone } = box.dataset;
  const device = new Worker(worker);
  device.onmessage = ({ data }) => {
    answer.value = data;
    box.querySelector(".bk-spin").remove();
    box.querySelector(".bk-work__state").textContent = textDone;
    box.classList.add("is-done");
    device.terminate();
  };
  device.postMessage({ salt, challenge, atMost: Number(atMost) });
  // Whoever is faster than the device: the form waits for it.
  box.closest("form").addEventListener("submit", (event) => {
    if (box.isConnected && !answer.value) event.preventDefault();
  });
}

function countDown(button) {
  const text = button.textContent;
  const ends = Date.now() + 1000 * Number(button.dataset.countdown);
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.text.replace("{n}", left) : text;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}

function begin(root) {
  root.querySelectorAll("[data-slider]").forEach(slide);
  root.querySelectorAll("[data-work]").forEach(work);
}

begin(document);
document.querySelectorAll("[data-countdown]").forEach(countDown);
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) begin(event.detail.elt.parentElement);
});
