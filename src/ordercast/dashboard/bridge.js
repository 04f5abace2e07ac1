// What a visitor does goes to Python as {do, ...}; what comes back is put into the page. Nothing is decided here.
//
// <button data-do="approve" data-with='{"order": "..."}'>  a click sends {do, with, fields of the form around it}
// <form data-do="save">                                    so does submitting it
// <input data-do="filter">, <select data-do="filter">      and a change; text and sliders after a short rest

const REST_MS = 100;
const PATIENCE_MS = 15000;

function render({ model, el }) {
  const page = document.getElementById("oc");
  const lost = document.getElementById("oc-lost");
  const timers = new Map();
  let waiting = 0;
  let patience = null;

  function send(source, more = {}) {
    const form = source.closest("form");
    const message = {
      do: source.dataset.do,
      with: source.dataset.with ? JSON.parse(source.dataset.with) : {},
      name: source.name || "",
      value: source.type === "checkbox" ? source.checked : source.value || "",
      fields: form ? Object.fromEntries(new FormData(form)) : {},
      who: localStorage.getItem("ordercast-who") || "",
      ...more,
    };
    waiting += 1;
    page.setAttribute("aria-busy", "true");
    clearTimeout(patience);
    patience = setTimeout(() => { lost.hidden = false; }, PATIENCE_MS);
    model.send(message);
  }

  function put(id, html) {
    const target = document.getElementById(id);
    if (!target) return;
    const active = document.activeElement;
    const inside = active && active.id && target.contains(active);
    const caret = inside && active.type === "search" ? active.selectionStart : null;
    target.innerHTML = html;
    if (!inside) return;
    const again = document.getElementById(active.id);
    if (again) again.focus({ preventScroll: true });
    if (again && caret !== null) again.setSelectionRange(caret, caret);
  }

  // Only what stands in #oc-print goes to paper; a print that the visitor asks the browser for shows the page.
  function printed() {
    page.classList.add("oc-printing");
    window.addEventListener("afterprint", () => page.classList.remove("oc-printing"), { once: true });
    window.print();
  }

  function hand(file, buffer) {
    const address = URL.createObjectURL(new Blob([buffer], { type: file.type }));
    const link = document.createElement("a");
    link.href = address;
    if (file.open) { link.target = "_blank"; link.rel = "noopener"; } else { link.download = file.name; }
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  model.on("msg:custom", (reply, buffers) => {
    for (const [id, html] of Object.entries(reply.put || {})) put(id, html);
    (reply.files || []).forEach((file, place) => hand(file, buffers[place]));
    if (reply.language) document.documentElement.lang = page.lang = reply.language;
    if (reply.title) document.title = reply.title;
    if (reply.url) history[reply.push ? "pushState" : "replaceState"](null, "", reply.url);
    if (reply.who !== undefined) localStorage.setItem("ordercast-who", reply.who);
    if (reply.said) document.getElementById("oc-said").textContent = reply.said;
    const dialog = document.getElementById("oc-dialog");
    if (reply.dialog === true && !dialog.open) dialog.showModal();
    if (reply.dialog === false && dialog.open) dialog.close();
    const wanted = reply.focus && document.getElementById(reply.focus);
    if (wanted) wanted.focus();
    else if (reply.focus) document.getElementById("oc-title")?.focus({ preventScroll: true }); // it is gone from the list
    if (reply.print) printed();
    if (reply.top) window.scrollTo(0, 0);
    if (!reply.done) return;
    waiting -= 1;
    clearTimeout(patience);
    lost.hidden = true;
    if (waiting <= 0) { waiting = 0; page.removeAttribute("aria-busy"); }
  });

  page.addEventListener("click", (event) => {
    const source = event.target.closest("[data-do]");
    if (!source || source.matches("form, input, select, textarea")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab, as the visitor wishes
    if (source.type === "submit") return;
    event.preventDefault();
    if (source.dataset.do === "decide" && waiting) return; // the second click of a double click
    send(source);
  });
  page.addEventListener("submit", (event) => {
    const source = event.target.closest("form[data-do]");
    if (!source) return;
    event.preventDefault();
    if (source.dataset.do === "decide" && waiting) return; // the second click of a double click
    const by = event.submitter;
    send(source, by && by.dataset.with ? { with: JSON.parse(by.dataset.with) } : {});
  });
  page.addEventListener("input", (event) => {
    const source = event.target.closest("input[data-do], select[data-do]");
    if (!source) return;
    const rests = ["search", "text", "number", "range"].includes(source.type);
    clearTimeout(timers.get(source));
    timers.set(source, setTimeout(() => send(source), rests ? REST_MS : 0));
  });
  window.addEventListener("popstate", () => {
    document.getElementById("oc-dialog").close();
    send(page, { do: "go", with: { query: location.search }, back: true });
  });

  const address = new URL(location);
  if (address.searchParams.has("token")) { // it has done its work, and must not be sent on with the address
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
  page.dataset.ready = "true";
  sessionStorage.removeItem("ordercast-tries");
  send(page, { do: "hello", with: { query: location.search } });
}

export default { render };
