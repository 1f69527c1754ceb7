"use strict";
// The queue stands in #data; answers live in this browser under the run's id. Everything
// that came from an export is drawn with textContent.
(() => {
  const { queue, by } = JSON.parse(document.getElementById("data").textContent);
  const questions = queue.questions;
  const $ = (id) => document.getElementById(id);
  const key = "karat-review:" + queue.run;
  const id = (q) => JSON.stringify([[q.a.source, q.a.id], [q.b.source, q.b.id]]);
  const place = new Map(questions.map((q, at) => [id(q), at]));

  // ---- what is kept
  let kept = { answers: {}, by: by, log: [] };
  let storable = true;
  const load = () => {
    try {
      const text = localStorage.getItem(key);
      const read = text ? JSON.parse(text) : null;
      if (read && typeof read.answers === "object" && read.answers) {
        kept = { answers: read.answers, by: String(read.by ?? by), log: Array.isArray(read.log) ? read.log : [] };
      }
    } catch {
      warn("What was kept in this browser can't be read; answers begin anew.");
    }
  };
  const save = () => {
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      if (storable) warn("This browser keeps nothing for this page: export your decisions before you close it.");
      storable = false;
    }
  };
  const warn = (text) => { $("warn").textContent = text; $("warn").hidden = false; };
  const answer = (q) => kept.answers[id(q)] ?? {};
  const today = () => {
    const now = new Date();
    const two = (n) => String(n).padStart(2, "0");
    return now.getFullYear() + "-" + two(now.getMonth() + 1) + "-" + two(now.getDate());
  };

  // ---- drawing
  const el = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const put = (parent, ...children) => { parent.append(...children.filter(Boolean)); return parent; };
  const signed = (n, digits) => (n > 0 ? "+" : n < 0 ? "−" : "±") + Math.abs(n).toFixed(digits);
  const share = (p) => (p >= 0.995 ? "> 99 %" : p < 0.005 ? "< 1 %" : Math.round(p * 100) + " %");
  const value = (stretches) => {
    const cell = el("td");
    if (!stretches.length) return put(cell, el("span", "none", "–"));
    for (const { t, d } of stretches) put(cell, d ? el("mark", "", t) : document.createTextNode(t));
    return cell;
  };
  const rowOf = (row) => {
    const tr = el("tr");
    const th = el("th", "", row.field);
    th.scope = "row";
    const both = row.a.length > 0 && row.b.length > 0;
    const differ = both && [...row.a, ...row.b].some((s) => s.d);
    put(th, el("span", "sr", !both ? ", one side only" : differ ? ", differs" : ", the same"));
    const bits = el("td", "bits", row.bits === undefined ? "" : signed(row.bits, 1));
    if (row.bits > 0.05) bits.classList.add("for");
    if (row.bits < -0.05) bits.classList.add("against");
    return put(tr, th, value(row.a), value(row.b), bits);
  };
  const sides = (q) => {
    const table = el("table", "sides");
    const cols = el("colgroup");
    for (const name of ["field", "", "", "bits"]) put(cols, el("col", name));
    const head = el("tr");
    const named = (side) => {
      const th = el("th");
      th.scope = "col";
      return put(th, el("span", "source", side.source + " " + side.id), el("span", "place", side.place));
    };
    const corner = el("th", "", "");
    put(corner, el("span", "sr", "field"));
    const last = el("th", "bits", "bits");
    last.title = "bits of evidence: + for one person, − for two";
    put(table, cols, put(el("thead"), put(head, corner, named(q.a), named(q.b), last)));
    const body = el("tbody");
    q.fields.forEach((row) => put(body, rowOf(row)));
    return put(table, body, withWhom(q));
  };
  // Who is with each record: a last row of the table, under its own column.
  const withWhom = (q) => {
    if (q.a.size + q.b.size < 3) return null;
    const tr = el("tr");
    const th = el("th", "", "with");
    th.scope = "row";
    put(tr, th);
    for (const side of [q.a, q.b]) {
      const cell = el("td");
      const others = side.size - 1;
      put(cell, el("p", "lead", others === 0 ? "nobody" : others + (others === 1 ? " other record" : " other records")));
      const list = el("ul");
      for (const other of side.others) put(list, put(el("li"), el("span", "name", other.name), el("span", "", other.text)));
      if (others > side.others.length) put(list, el("li", "none", "… and " + (others - side.others.length) + " more"));
      put(tr, put(cell, others ? list : null));
    }
    return put(el("tfoot", "with"), put(tr, el("td", "bits")));
  };
  const more = (q) => {
    if (!q.more.length) return null;
    const details = el("details");
    const table = el("table", "sides");
    const cols = el("colgroup");
    for (const name of ["field", "", "", "bits"]) put(cols, el("col", name));
    const body = el("tbody");
    q.more.forEach((row) => put(body, rowOf(row)));
    put(table, el("caption", "sr", "Further columns"), cols, body);
    return put(details, el("summary", "", q.more.length + " further columns"), table);
  };
  const svg = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, text] of Object.entries(attributes)) node.setAttribute(name, text);
    return node;
  };
  const fall = (q) => {
    const box = el("section", "evidence card");
    put(box, el("h3", "", "Evidence, in bits: each one doubles the odds of one person"));
    const list = el("ol", "fall");
    const sums = q.steps.map((s) => s.sum);
    const low = Math.min(0, ...sums), high = Math.max(0, ...sums, low + 1);
    const x = (bits) => ((bits - low) / (high - low)) * 100;
    let before = 0;
    const bar = (from, to) => {
      const drawn = svg("svg", { viewBox: "0 0 100 14", preserveAspectRatio: "none", "aria-hidden": "true" });
      put(drawn,
        svg("rect", { x: x(Math.min(from, to)), width: Math.max(0.6, Math.abs(x(to) - x(from))), y: 2, height: 10, rx: 0.6, class: to >= from ? "up" : "down" }),
        svg("line", { x1: x(0), x2: x(0), y1: 0, y2: 14, class: "zero", "vector-effect": "non-scaling-stroke" }));
      return drawn;
    };
    for (const step of q.steps) {
      const line = el("li");
      put(line, el("span", "what", step.what === "prior" ? "before looking" : step.what), el("span", "level", step.level), el("span", "bits", signed(step.bits, 1)), bar(before, step.sum));
      before = step.sum;
      put(list, line);
    }
    const total = el("li", "total");
    put(total, el("span", "what", "together"), el("span", "level", share(q.probability) + " one person"), el("span", "bits", signed(before, 1)), bar(0, before));
    put(list, total);
    return put(box, list);
  };

  // ---- which question
  let at = 0;
  let shown = [];
  const text = (q) => [q.a, q.b].flatMap((s) => [s.source, s.id, ...s.others.flatMap((o) => [o.name, o.text])])
    .concat([...q.fields, ...q.more].flatMap((r) => [...r.a, ...r.b].map((s) => s.t).join("")))
    .join(" ").toLowerCase();
  const texts = new Map();
  const matches = (q) => {
    const own = answer(q), want = $("filter").value, state = $("state").value;
    const search = $("search").value.trim().toLowerCase();
    const asked = { all: true, open: !own.v, answered: own.v === "same" || own.v === "different", note: Boolean(own.note) }[want] ?? own.v === want;
    if (!asked || (state && (state === "one") !== q.merged)) return false;
    if (!search) return true;
    if (!texts.has(q)) texts.set(q, text(q));
    return texts.get(q).includes(search);
  };
  const filter = () => { shown = questions.filter(matches); };
  const current = () => questions[at];
  const refilter = () => {
    filter();
    if (shown.length && !shown.includes(current())) at = questions.indexOf(shown[0]);
    draw();
  };
  // The next of the list in that direction; it may wrap round to what was left open.
  const step = (by) => {
    filter();
    const list = shown.map((q) => questions.indexOf(q));
    const on = by > 0 ? list.find((n) => n > at) ?? list[0] : list.findLast((n) => n < at);
    if (on === undefined) return false;
    at = on;
    return true;
  };
  const draw = (focus) => {
    const q = current();
    const main = $("question");
    main.replaceChildren();
    const count = (v) => questions.filter((one) => answer(one).v === v).length;
    const same = count("same"), different = count("different"), skipped = count("skip");
    const done = same + different;
    $("tally").textContent = done + " of " + questions.length + " answered" +
      (done ? ": " + same + " same, " + different + " different" : "") + (skipped ? " · " + skipped + " skipped" : "");
    $("bar").setAttribute("aria-valuenow", String(done));
    $("fill").style.width = (questions.length ? (100 * (done + skipped)) / questions.length : 100) + "%";
    const visible = q && (shown.includes(q) || pinned === q);
    for (const name of ["same", "different", "skip", "note"]) $(name).disabled = !visible;
    $("undo").disabled = kept.log.length === 0;
    for (const name of ["same", "different", "skip"]) {
      $(name).setAttribute("aria-pressed", String(Boolean(visible) && answer(q).v === name));
    }
    $("does-same").textContent = visible ? q.if_same : "";
    $("does-different").textContent = visible ? q.if_different : "";
    if (!visible) {
      const empty = el("div", "empty");
      if (!questions.length) put(empty, el("h2", "", "Nothing to ask"), el("p", "", queue.decided ? "All doubtful pairs of this run are decided." : "This run has no doubtful pair."));
      else if (done + skipped === questions.length && $("filter").value === "open") put(empty, el("h2", "", "All answered"), el("p", "", "Export the decisions (e), add them with karat decide --import, and run again."));
      else put(empty, el("h2", "", "Nothing here"), el("p", "", "No question fits the filter."));
      put(main, empty);
      return;
    }
    const head = el("div", "head");
    const title = el("h2", "", q.merged ? "One person now. Is it right?" : "Two persons now. Are they one?");
    const own = answer(q);
    const said = own.v === "same" || own.v === "different" ? el("span", "chip " + own.v, own.v) : own.v === "skip" ? el("span", "chip", "skipped") : null;
    const number = shown.indexOf(q);
    put(head, title, said,
      el("p", "", share(q.probability) + " by these two" + (Math.abs(q.together - q.probability) > 0.02 ? ", " + share(q.together) + " with all records" : "") +
        (q.alike > 1 ? " · " + q.alike + " pairs look like this" : "") + (q.settles > 1 ? " · settles " + q.settles + " pairs" : "")),
      el("p", "count", number < 0 ? "" : (number + 1) + " of " + shown.length));
    const card = el("section", "card");
    put(card, sides(q), more(q));
    put(main, head, card);
    if (own.note) put(main, el("p", "note-line", own.note));
    put(main, fall(q));
    const left = queue.doubtful - queue.decided - queue.settled;
    if (left > 0) put(main, el("p", "hint", "Of " + queue.doubtful + " doubtful pairs of the run these questions settle " + queue.settled + (queue.decided ? ", " + queue.decided + " are decided already" : "") + "; " + left + " are not asked here."));
    if (focus) { window.scrollTo(0, 0); main.focus({ preventScroll: true }); }
  };
  // A question that was just answered stays in view until one moves on.
  let pinned = null;

  // ---- answering
  let quiet = 0;
  const say = (words, bad) => {
    $("said").textContent = words;
    $("said").classList.toggle("bad", Boolean(bad));
    clearTimeout(quiet);
    quiet = setTimeout(() => { $("said").textContent = ""; }, bad ? 9000 : 3500);
  };
  // The records that answers make one; a "different" inside is a contradiction.
  const contradiction = () => {
    const up = new Map();
    const root = (n) => { while (up.has(n)) n = up.get(n); return n; };
    const ends = (q) => [q.a, q.b].map((s) => JSON.stringify([s.source, s.id]));
    for (const q of questions) {
      if (answer(q).v !== "same") continue;
      const [a, b] = ends(q).map(root);
      if (a !== b) up.set(a, b);
    }
    return questions.find((q) => {
      const [a, b] = ends(q).map(root);
      return answer(q).v === "different" && a === b;
    });
  };
  const set = (q, change) => {
    const own = id(q);
    kept.log.push([own, kept.answers[own] ?? null]);
    if (kept.log.length > 500) kept.log.shift();
    const next = { ...answer(q), ...change };
    if (next.v || next.note) kept.answers[own] = next; else delete kept.answers[own];
    save();
  };
  const give = (v) => {
    const q = current();
    if (!q || $(v).disabled) return;
    set(q, { v, at: today() });
    const does = v === "same" ? q.if_same : v === "different" ? q.if_different : "asks again later";
    const against = contradiction();
    const number = against ? questions.indexOf(against) + 1 : 0;
    if (against) say("This contradicts the answer “different” to question " + number + ": change one of the two.", true);
    else say({ same: "Same", different: "Different", skip: "Skipped" }[v] + ": " + does + ". u undoes it.");
    pinned = null;
    step(1);
    filter();
    draw(true);
  };
  const undo = () => {
    const last = kept.log.pop();
    if (!last) return;
    const [own, before] = last;
    if (before) kept.answers[own] = before; else delete kept.answers[own];
    save();
    if (place.has(own)) at = place.get(own);
    pinned = current();
    filter();
    say("Undone.");
    draw(true);
  };
  const go = (by) => {
    pinned = null;
    const before = at;
    // Back goes to what was seen, answered or not.
    if (by < 0) { if (at > 0) at -= 1; pinned = current(); filter(); } else if (!step(by)) return;
    if (at !== before) draw(true);
  };

  // ---- notes
  const openNote = () => {
    if ($("note").disabled) return;
    $("note-text").value = answer(current()).note ?? "";
    $("note-box").showModal();
    $("note-text").focus();
  };
  const keepNote = () => {
    const note = $("note-text").value.replace(/\s+/g, " ").trim();
    if (note !== (answer(current()).note ?? "")) set(current(), { note, at: answer(current()).at ?? today() });
    $("note-box").close();
    pinned = current();
    draw();
  };

  // ---- decisions out and in
  const COLUMNS = ["verdict", "source_a", "record_id_a", "source_b", "record_id_b", "by", "date", "why"];
  // What a spreadsheet would run gets a ' in front, as karat writes it; plain numbers stay.
  const guarded = (cell) => /^[=@\t\r\n\0\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]/.test(cell) || (/^[+-]/.test(cell) && !/^[+-]\d+([.,]\d+)*$/.test(cell)) ? "'" + cell : cell;
  const cell = (raw) => {
    const safe = guarded(raw);
    return /[",\r\n]|^[ #]| $/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  const decisions = () => questions.flatMap((q) => {
    const own = answer(q);
    if (own.v !== "same" && own.v !== "different") return [];
    return [[own.v === "same" ? "always" : "never", q.a.source, q.a.id, q.b.source, q.b.id, kept.by.trim(), own.at ?? today(), own.note ?? ""]];
  });
  const csv = () => [COLUMNS, ...decisions()].map((line) => line.map(cell).join(",") + "\n").join("");
  let address = "";
  const fillExport = () => {
    const count = decisions().length;
    const against = contradiction();
    $("export-count").textContent = count === 0 ? "No answer yet: there is nothing to export." :
      count + (count === 1 ? " decision" : " decisions") + " for decisions.csv, plain lines for git." +
      (against ? " Two answers contradict each other, one of them question " + (questions.indexOf(against) + 1) + "." : "");
    const lines = csv();
    $("export-text").value = lines;
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([lines], { type: "text/csv" }));
    $("download").href = address;
  };
  const openExport = () => {
    $("by").value = kept.by;
    fillExport();
    $("export-box").showModal();
  };
  const copy = async () => {
    const box = $("export-text");
    try {
      await navigator.clipboard.writeText(box.value);
    } catch {
      box.select();
      document.execCommand("copy");
    }
    $("export-count").textContent = "Copied.";
  };
  const parse = (all) => {
    const rows = [];
    let row = [], text = "", quoted = false;
    const push = () => { row.push(text); text = ""; };
    for (let i = 0; i < all.length; i++) {
      const c = all[i];
      if (quoted) {
        if (c !== '"') text += c;
        else if (all[i + 1] === '"') { text += '"'; i++; } else quoted = false;
      } else if (c === '"') quoted = true;
      else if (c === ",") push();
      else if (c === "\n") { push(); rows.push(row); row = []; } else if (c !== "\r") text += c;
    }
    if (text || row.length) { push(); rows.push(row); }
    return rows.filter((r) => !r[0].startsWith("#") && r.some((c) => c.trim()));
  };
  const unguarded = (c) => (c.startsWith("'") && guarded(c.slice(1)) === c ? c.slice(1) : c);
  const takeIn = (all) => {
    const [head, ...rows] = parse(all.replace(/^\ufeff/, ""));
    const column = COLUMNS.map((name) => (head ?? []).findIndex((h) => h.trim().toLowerCase() === name));
    if (column.slice(0, 5).some((n) => n < 0)) {
      $("export-count").textContent = "These lines have not the header " + COLUMNS.join(",") + ".";
      return;
    }
    let taken = 0, other = 0;
    for (const row of rows) {
      const [verdict, sa, ia, sb, ib, , date, why] = column.map((n) => (n < 0 ? "" : unguarded((row[n] ?? "").trim())));
      const v = { always: "same", never: "different" }[verdict.toLowerCase()];
      const found = [[[sa, ia], [sb, ib]], [[sb, ib], [sa, ia]]].map((p) => place.get(JSON.stringify(p))).find((n) => n !== undefined);
      if (!v || found === undefined) { other += 1; continue; }
      set(questions[found], { v, at: date || today(), note: why });
      taken += 1;
    }
    refilter();
    fillExport();
    $("export-count").textContent = taken + " taken in" + (other ? ", " + other + " are not asked here" : "") + ".";
    $("import-text").value = "";
  };

  // ---- hands
  for (const name of ["same", "different", "skip"]) $(name).addEventListener("click", () => give(name));
  $("back").addEventListener("click", () => go(-1));
  $("note").addEventListener("click", openNote);
  $("undo").addEventListener("click", undo);
  $("note-keep").addEventListener("click", keepNote);
  $("note-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); keepNote(); }
  });
  $("open-export").addEventListener("click", openExport);
  $("open-help").addEventListener("click", () => $("help-box").showModal());
  $("copy").addEventListener("click", copy);
  $("by").addEventListener("input", () => { kept.by = $("by").value; save(); fillExport(); });
  $("import").addEventListener("click", () => takeIn($("import-text").value));
  $("import-file").addEventListener("change", async () => {
    const [file] = $("import-file").files;
    if (file) takeIn(await file.text());
    $("import-file").value = "";
  });
  let sure = false;
  $("forget").addEventListener("click", () => {
    if (!sure) { sure = true; $("forget").textContent = "Really forget them"; return; }
    sure = false;
    $("forget").textContent = "Forget all answers…";
    kept = { answers: {}, by: kept.by, log: [] };
    save();
    at = 0;
    refilter();
    fillExport();
  });
  for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
  for (const name of ["filter", "state"]) $(name).addEventListener("change", () => { pinned = null; refilter(); });
  $("search").addEventListener("input", () => { pinned = null; refilter(); });
  // A tab that was left open in another window has answers, too.
  window.addEventListener("storage", (event) => { if (event.key === key) { load(); refilter(); } });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const field = event.target.closest("input, textarea, select");
    if (field) {
      if (event.key === "Escape") { field.blur(); $("question").focus(); }
      return;
    }
    const act = {
      s: () => give("same"), d: () => give("different"), k: () => give("skip"), n: openNote, u: undo,
      b: () => go(-1), ArrowLeft: () => go(-1), ArrowRight: () => go(1), e: openExport,
      "/": () => $("search").focus(), "?": () => $("help-box").showModal(),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  load();
  if (!questions.some((q) => !answer(q).v)) $("filter").value = questions.length ? "open" : "all";
  filter();
  if (shown.length) at = questions.indexOf(shown[0]);
  draw();
})();
