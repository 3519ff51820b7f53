"use strict";
// The search, and opening the record that an address names. Everything else works without this script.

// The record that the address names is opened. Browsers go to it by themselves, but leave it closed.
const openNamed = () => {
  const record = document.getElementById(location.hash.slice(1));
  if (record instanceof HTMLDetailsElement) record.open = true;
};

// Search: the data come in files that are loaded one after the other, the newest records first, until enough is found.
const startSearch = (form) => {
  const AT_ONCE = 50;
  const build = form.dataset.build;
  const tables = JSON.parse(form.dataset.tables);
  const part = Object.fromEntries(["found", "status", "results", "more"].map((id) => [id, document.getElementById(id)]));
  const arrived = new Map();
  let asked = 0;

  // One spelling for all: width, case, brackets and separators do not count.
  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s()[\]{}<>〈〉《》〔〕【】「」·•.,。、\-‐-―_/]+/g, "");
  const words = (text) => text.split(/\s+/).map(plain).filter(Boolean);

  // Each data file calls this when it arrives.
  window.creditSiteData = (kind, number, itsBuild, rows) => {
    const entries = rows.map(([anchor, name, codes, numbers, decided]) =>
      ({ anchor, name, codes, numbers, decided, text: [name, ...codes, ...numbers].map(plain).join("\n") }));
    arrived.set(`${kind}-${number}`, itsBuild === build ? entries : null);
  };

  const load = (name) => new Promise((done, failed) => {
    if (arrived.get(name)) { done(arrived.get(name)); return; }
    const script = document.createElement("script");
    script.src = `search/${name}.js`;
    script.onload = () => { script.remove(); arrived.get(name) ? done(arrived.get(name)) : failed(new Error(name)); };
    script.onerror = () => { script.remove(); failed(new Error(name)); };
    document.head.append(script);
  });

  const item = (table, place, entry) => {
    const link = document.createElement("a");
    link.href = `${table.kind}/${Math.floor(place / table.page) + 1}.html#${entry.anchor}`;
    link.textContent = entry.name;
    const line = document.createElement("p");
    for (const text of [table.title, ...entry.numbers, ...entry.codes, entry.decided]) {
      const span = document.createElement("span");
      span.textContent = text;
      line.append(span, " ");
    }
    const element = document.createElement("li");
    element.append(link, line);
    return element;
  };

  // What fits, one after the other, in the order of the lists.
  async function* search(wanted, kind) {
    for (const table of tables.filter((one) => !kind || one.kind === kind)) {
      let place = 0;
      for (let number = 1; number <= table.files; number += 1) {
        for (const entry of await load(`${table.kind}-${number}`)) {
          if (wanted.every((word) => entry.text.includes(word))) yield item(table, place, entry);
          place += 1;
        }
      }
    }
  }

  const show = async (hits, mine) => {
    part.more.hidden = true;
    part.status.textContent = "正在查找……";
    const page = [];
    let end = false;
    try {
      while (page.length < AT_ONCE && !end) {
        const { value, done } = await hits.next();
        if (mine !== asked) return;
        if (done) end = true;
        else page.push(value);
      }
    } catch {
      part.status.textContent = "数据刚刚更新，或者没有载入。请刷新页面后再查。";
      return;
    }
    part.results.append(...page);
    const count = part.results.childElementCount;
    if (end) part.status.textContent = count ? `找到 ${count} 条。` : "没有找到。请减少字数，或者核对代码、文书号；撤下的信息不再列出。";
    else part.status.textContent = `先列出 ${count} 条，可能还有。`;
    part.more.hidden = end;
    part.more.onclick = () => show(hits, mine);
  };

  // The question is in the address, so that a result can be sent on and the way back works.
  const ask = () => {
    const question = new URLSearchParams(location.hash.slice(1));
    form.elements.q.value = question.get("q") ?? "";
    if (form.elements.k) form.elements.k.value = question.get("k") ?? "";
    const wanted = words(form.elements.q.value);
    asked += 1;
    part.results.replaceChildren();
    part.found.hidden = wanted.length === 0;
    if (wanted.length) show(search(wanted, form.elements.k?.value), asked);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const before = location.hash;
    location.hash = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    if (location.hash === before) ask();
  });
  window.addEventListener("hashchange", ask);
  form.hidden = false;
  ask();
};

const form = document.getElementById("search");
if (form) startSearch(form);
else { window.addEventListener("hashchange", openNamed); openNamed(); }
