"use strict";
// Filters the report in place. Without this script everything is shown.
(() => {
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const printed = document.getElementById("print-filter");
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  // A row of the overview is found by the words of its flag.
  const items = [...document.querySelectorAll("[data-verdict]")].map((element) => {
    const whole = document.getElementById(element.dataset.flag) ?? element;
    const head = whole.closest("[data-group]")?.querySelector("[data-head]");
    return { element, text: plain((head ? head.textContent : "") + whole.textContent) };
  });
  const groups = [...document.querySelectorAll("[data-group]")];
  const flags = items.filter(({ element }) => element.matches(".flag"));

  const wanted = (item, choice) =>
    ["verdict", "system", "department", "stage"].every((key) => !choice[key] || item.element.dataset[key] === choice[key])
    && (!choice.news || "news" in item.element.dataset)
    && plain(choice.text).split(/\s+/).every((word) => item.text.includes(word));

  const apply = () => {
    const choice = Object.fromEntries(new FormData(form));
    for (const item of items) item.element.hidden = !wanted(item, choice);
    for (const group of groups) {
      const members = [...group.querySelectorAll("[data-verdict]")];
      group.hidden = members.length > 0 && members.every((member) => member.hidden);
    }
    const left = flags.filter(({ element }) => !element.hidden).length;
    const filtered = Object.values(choice).some((value) => value !== "");
    shown.textContent = `显示 ${left} / ${flags.length} 条预警`;
    printed.textContent = `已筛选：以下只是 ${flags.length} 条预警中的 ${left} 条。`;
    printed.hidden = !filtered;
  };

  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
