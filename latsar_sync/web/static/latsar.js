// Live progress: the line marked data-progress tells the steps of a run as they begin. Without it a reload tells.
for (const line of document.querySelectorAll("[data-progress]")) {
  let last;
  const source = new EventSource(line.dataset.progress);
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    const idle = last !== undefined && last !== now.last ? line.dataset.done : line.dataset.idle;
    line.textContent = now.lines.length ? now.lines.join(" ") : idle;
    if (last === undefined) last = now.last;
  };
}
