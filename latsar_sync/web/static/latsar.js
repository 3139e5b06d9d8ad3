// Where the system is dark and nobody has chosen, the button offers light.
const colours = document.querySelector("[data-light]");
if (colours && colours.value === "dark" && document.documentElement.dataset.bsTheme === "dark") {
  [colours.value, colours.textContent] = ["light", colours.dataset.light];
}

// On a phone the tabs are wider than the page: the one that is open is brought into sight.
document.querySelector(".nav-tabs .active")?.scrollIntoView({ inline: "center", block: "nearest" });

// Live progress: the line marked data-progress tells the steps of a run as they begin. Without it a reload tells.
for (const line of document.querySelectorAll("[data-progress]")) {
  let last, source;
  const listen = () => {
    // A browser opens few connections to one host: a page that nobody looks at must not keep one.
    source?.close();
    source = document.hidden ? undefined : new EventSource(line.dataset.progress);
    if (source) source.onmessage = show;
  };
  const show = (event) => {
    const now = JSON.parse(event.data);
    const idle = last !== undefined && last !== now.last ? line.dataset.done : line.dataset.idle;
    const told = now.lines.length ? now.lines : [idle];
    const bar = line.parentElement.querySelector("[data-bar]");
    if (bar) bar.classList.toggle("d-none", now.step === null), (bar.value = now.step ?? 0);
    const stop = line.parentElement.querySelector("[data-stop]");
    if (stop) stop.classList.toggle("d-none", now.stop === null);
    line.replaceChildren(...told.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
    if (last === undefined) last = now.last;
  };
  document.addEventListener("visibilitychange", listen);
  listen();
}

// A tick for all rows of a page, in the head of the column of ticks; without it each row is ticked by itself.
for (const head of document.querySelectorAll("th.tick")) {
  const rows = head.closest("table").querySelectorAll("td.tick input");
  const all = Object.assign(document.createElement("input"), { type: "checkbox", className: "form-check-input" });
  all.setAttribute("aria-label", head.textContent.trim());
  all.addEventListener("change", () => rows.forEach((each) => (each.checked = all.checked)));
  head.replaceChildren(all);
}

// Whoever was ticked stays so while the pages of a list are turned, and is counted; without it a page is done at a time.
for (const form of document.querySelectorAll("form.selection")) {
  const boxes = [...form.querySelectorAll("td.tick input")];
  const counter = form.querySelector("[data-ticked]");
  for (const who of JSON.parse(sessionStorage.getItem("ticked") ?? "[]")) {
    const box = boxes.find((each) => each.value === who);
    if (box) box.checked = true;
    else form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "who", value: who }));
  }
  sessionStorage.removeItem("ticked");
  const ticked = () => new FormData(form).getAll("who");
  const count = () => {
    const number = ticked().length;
    counter.textContent = number ? counter.dataset.ticked.replace("{number}", number) : "";
  };
  form.addEventListener("change", count);
  for (const link of document.querySelectorAll(".pagination a")) {
    link.addEventListener("click", () => sessionStorage.setItem("ticked", JSON.stringify(ticked())));
  }
  count();
}

// A button that copies what an element marked data-copy says; without it one click on a NIP selects it whole.
for (const source of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const label = document.body.dataset.copyLabel;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "copy" });
  button.setAttribute("aria-label", label);
  button.title = label;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.dataset.copy);
    button.textContent = "✓";
    button.setAttribute("aria-label", document.body.dataset.copied);
  });
  source.after(button);
}
