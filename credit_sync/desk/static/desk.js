"use strict";
// Keys, and forms that send themselves. Every page works without this script.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const dialog = one("#keys");

  // A changed choice sends its form; the side filters are folded on a phone.
  for (const field of all("[data-submit]")) field.addEventListener("change", () => field.form.requestSubmit());
  const side = one("[data-side]");
  const here = one(".desk-nav [aria-current]");
  if (here) {
    const nav = here.closest(".desk-nav"); // scrollIntoView would have Tab begin behind it, past the skip link
    nav.scrollLeft += here.getBoundingClientRect().right - nav.getBoundingClientRect().right;
  }
  if (side && matchMedia("(max-width: 820px)").matches) side.open = false;

  // A reason that wants an explanation asks for it before the form is sent.
  for (const form of all("details.conclude form")) {
    form.addEventListener("change", () => {
      if (form.reason) form.querySelector("textarea").required = Boolean(form.querySelector("[data-explain]:checked"));
    });
  }

  // Only one conclusion is open at a time.
  for (const details of all("details.conclude")) {
    details.addEventListener("toggle", () => {
      if (details.open) for (const other of all("details.conclude[open]")) if (other !== details) other.open = false;
    });
  }

  const conclude = (id) => {
    const form = document.getElementById(id);
    if (!form) return false;
    form.open = true;
    form.scrollIntoView({ block: "nearest" });
    form.querySelector("input[type=radio], textarea")?.focus();
    return true;
  };
  // From the list: the address names the form, not its element, which would take the focus from the first reason.
  const asked = location.hash.match(/^#to-(uphold|dismiss)$/);
  if (asked) conclude(asked[1]);

  if (!dialog) return;
  const rows = all("[data-row]");
  const links = rows.map((row) => row.querySelector("[data-open]"));
  const current = () => rows.findIndex((row) => row.contains(document.activeElement));
  const move = (step) => {
    if (!links.length) return follow(step > 0 ? "[data-after]" : "[data-before]");
    const at = current();
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
  };
  const follow = (selector, hash = "") => {
    const link = typeof selector === "string" ? one(selector) : selector;
    if (link) location.assign(link.href + hash);
  };
  const decide = (id) => conclude(id) || (current() >= 0 && follow(links[current()], `#to-${id}`));
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    u: () => decide("uphold"),
    d: () => decide("dismiss"),
    l: () => follow("[data-list]"),
    "/": () => one("[data-search]")?.focus(),
    "?": () => dialog.showModal(),
  };

  // Single keys can be switched off (WCAG 2.1, 2.1.4), and never act while somebody types.
  const on = one("[data-keys-on]");
  const stored = "credit_sync.keys";
  try { on.checked = localStorage.getItem(stored) !== "off"; } catch { /* storage is forbidden: on */ }
  on.addEventListener("change", () => {
    try { localStorage.setItem(stored, on.checked ? "on" : "off"); } catch { /* as above */ }
  });
  const typing = (target) => target.closest?.("textarea, select, input:not([type=radio]):not([type=checkbox])");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (!on.checked || typing(event.target)) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  one("[data-keys-open]")?.addEventListener("click", () => dialog.showModal());
  const hint = one("[data-keys-hint]");
  if (hint) hint.hidden = false;
})();
