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
    line.textContent = now.lines.length ? now.lines.join(" ") : idle;
    if (last === undefined) last = now.last;
  };
  document.addEventListener("visibilitychange", listen);
  listen();
}
