// Guanlan: keys, the reader pane and quiet refreshing. Everything here improves pages that already work without it.
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const wide = window.matchMedia("(min-width: 900px)");

  // Keys on or off: one switch, remembered on this machine.
  const SWITCH = "guanlan.keys";
  const keysOn = () => {
    try { return localStorage.getItem(SWITCH) !== "off"; } catch (_) { return true; }
  };
  const setKeys = (on) => {
    try { localStorage.setItem(SWITCH, on ? "on" : "off"); } catch (_) { /* private window: on until closed */ }
  };

  // The list. A row is current when the reader shows it, or when the cursor stands on it.
  const rows = () => all("[data-row]");
  const currentRow = () => {
    const focused = document.activeElement && document.activeElement.closest("[data-row]");
    return focused || one("[data-row][aria-current]");
  };
  const markRow = (row) => {
    rows().forEach((other) => other.removeAttribute("aria-current"));
    if (row) {
      row.setAttribute("aria-current", "true");
      row.scrollIntoView({ block: "nearest" });
    }
  };
  const link = (row) => row && row.querySelector("a");
  const openInPane = (row) => {
    markRow(row);
    window.htmx.trigger(link(row), "show-in-pane");
  };
  const move = (step) => {
    const list = rows();
    if (list.length === 0) { return; }
    const at = list.indexOf(currentRow());
    const next = list[Math.min(Math.max(at + step, 0), list.length - 1)];
    link(next).focus();
    if (next === list[at]) { return; }
    if (one("#reader") && wide.matches && window.htmx) { openInPane(next); } else { markRow(next); }
  };
  const openRow = () => {
    const permalink = one("#reader [data-permalink]");
    const row = currentRow();
    if (permalink && wide.matches) { permalink.click(); } else if (row) { link(row).click(); }
  };

  // On a wide screen a click on a row fills the pane beside it instead of loading the whole page.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (row && plain && one("#reader") && wide.matches && window.htmx) {
      event.preventDefault();
      openInPane(row);
    }
    all("details.menu[open], details.reasons[open]").forEach((open) => {
      if (!open.contains(event.target)) { open.open = false; }
    });
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "reader") { return; }
    const reader = one("#reader");
    reader.scrollTop = 0;
    const heading = reader.querySelector("h1");
    const say = one("#say");
    if (heading && say) { say.textContent = heading.textContent; }
  });
  document.addEventListener("htmx:responseError", (event) => {
    const say = one("#trouble");
    if (say && event.detail.requestConfig.verb === "get") { say.hidden = false; }
  });

  // Verdicts
  const reasons = () => one("details.reasons");
  const press = (button) => {
    if (button) { button.click(); return true; }
    return false;
  };
  const judge = (digit) => {
    const open = reasons();
    if (open && open.open) { return press(open.querySelector(`[data-reason="${digit}"]`)); }
    const target = one(`[data-verdict="${digit}"]`);
    if (!target) { return false; }
    if (target.tagName === "SUMMARY") {
      open.open = true;
      open.querySelector("button").focus();
      return true;
    }
    return press(target);
  };
  // One click, one verdict: a second press while the first is on its way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // Help
  const help = () => {
    const dialog = one("#keys");
    if (!dialog || typeof dialog.showModal !== "function") { return; }
    const toggle = dialog.querySelector("input");
    toggle.checked = keysOn();
    if (!dialog.open) { dialog.showModal(); }
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#keys input")) { setKeys(event.target.checked); }
    if (event.target.matches("[data-auto]") && event.target.form) { event.target.form.submit(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) { help(); }
  });

  const GO = { KeyQ: "queue", KeyA: "archive", KeyS: "sources", KeyD: "digest", KeyL: "lab" };
  let going = 0;
  const follow = (element) => {
    if (element) { element.click(); return true; }
    return false;
  };
  const keys = {
    KeyJ: () => move(1),
    KeyK: () => move(-1),
    KeyO: openRow,
    KeyU: () => follow(one("[data-back]")),
    KeyZ: () => press(one("[data-undo]")),
    KeyV: () => follow(one("[data-original]")),
    KeyG: () => { going = Date.now(); },
    Slash: () => { const box = one("[data-search]"); if (box) { box.focus(); box.select(); } },
    Escape: () => all("details.menu[open], details.reasons[open]").forEach((open) => { open.open = false; }),
  };

  // event.code, because with a Chinese input method event.key is "Process".
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) { return; }
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    const element = event.target;
    const typing = element.closest && element.closest("input, textarea, select, [contenteditable]");
    if (typing) {
      if (event.code === "Escape") { element.blur(); }
      // No query begins with a slash: whoever presses it in the empty box means "take me to the box".
      if (event.code === "Slash" && !event.shiftKey && element.matches("[data-search]") && element.value === "") {
        event.preventDefault();
      }
      return;
    }
    if (one("dialog[open]")) { return; }
    const question = event.code === "Slash" && event.shiftKey;
    if (question) { event.preventDefault(); help(); return; }
    if (event.shiftKey || (!keysOn() && event.code !== "Escape")) { return; }

    const page = GO[event.code];
    if (page && Date.now() - going < 1500) {
      going = 0;
      event.preventDefault();
      window.location.assign(`/${page}`);
      return;
    }
    if (event.code === "Enter") {
      if (element.closest && element.closest("[data-row]") && wide.matches && one("#reader")) {
        event.preventDefault();
        openRow();
      }
      return;
    }
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
    if (digit) {
      if (judge(digit[1])) { event.preventDefault(); }
      return;
    }
    const act = keys[event.code];
    if (act) { event.preventDefault(); act(); }
  });

  // Counts and the collection light, once a minute, while somebody is there to see them: asking keeps the session
  // alive, and a desk that was left must be logged out.
  const REFRESH = 60000;
  const PRESENT = 10 * 60000;
  let seen = Date.now();
  ["keydown", "pointerdown", "wheel"].forEach((sign) => {
    document.addEventListener(sign, () => { seen = Date.now(); }, { passive: true });
  });
  setInterval(() => {
    const pulse = one("#pulse");
    const present = document.visibilityState === "visible" && Date.now() - seen < PRESENT;
    if (pulse && window.htmx && present) { window.htmx.trigger(pulse, "pulse"); }
  }, REFRESH);

  const here = one("[data-row][aria-current]");
  if (here) { here.scrollIntoView({ block: "nearest" }); }
})();
