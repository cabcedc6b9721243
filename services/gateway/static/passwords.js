// The rules of a new password, ticked off while it is typed. The patterns are the server's own (shared/programme).
for (const list of document.querySelectorAll("[data-password]")) {
  const field = document.getElementById(list.dataset.password);
  const rules = [...list.querySelectorAll("[data-pattern]")].map((item) => [item, new RegExp(item.dataset.pattern, "su")]);
  const tick = () => {
    for (const [item, rule] of rules) item.classList.toggle("is-kept", field.value !== "" && rule.test(field.value));
  };
  list.hidden = false;
  field.addEventListener("input", tick);
  tick();
}
