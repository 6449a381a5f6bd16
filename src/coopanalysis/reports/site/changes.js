addEventListener("DOMContentLoaded", () => {
  const held = self.coopChanged, $ = (id) => document.getElementById(id);
  if (!held) return;
  const number = (n) => n.toLocaleString("en");
  const boxes = ["from", "to", "state"];
  const pattern = document.querySelector("[data-county]").dataset.county;

  // A text is itself; the name of an agency leads to its county where that is known.
  function fill(cell, said) {
    const [text, code] = Array.isArray(said) ? said : [said, ""];
    const link = code ? document.createElement("a") : cell;
    link.textContent = typeof text === "number" ? number(text) : text;
    if (!code) return;
    link.href = pattern.replace("CODE", code);
    cell.append(link);
  }

  function line(texts, isNumber) {
    const row = document.createElement("tr");
    texts.forEach((text, at) => {
      const cell = document.createElement(at ? "td" : "th");
      if (!at) cell.scope = "row";
      if (at && isNumber) cell.className = "num";
      fill(cell, text);
      row.append(cell);
    });
    return row;
  }

  // As `changed_between` says it: a stretch is on a list from its first day to its last.
  function show() {
    const at = (id) => held.days.findIndex(([day]) => day === $(id).value);
    const chosen = [at("from"), at("to")], [earlier, later] = [...chosen].sort((a, b) => a - b);
    const state = held.states.indexOf($("state").value);
    const counts = new Map(), moved = [], total = ["All states", 0, 0, 0, 0];
    for (const [place, agency, model, first, last, kind, code] of held.spells) {
      if (state >= 0 && place !== state) continue;
      const before = first <= earlier && last >= earlier, after = first <= later && last >= later;
      if (!counts.has(place)) counts.set(place, [held.states[place], 0, 0, 0, 0]);
      [before, !before && after, before && !after, after].forEach((is, column) => {
        if (is) { counts.get(place)[column + 1]++; total[column + 1]++; }
      });
      if (before !== after)
        moved.push([[agency, code], held.kinds[after ? 0 : kind], held.states[place], held.models[model]]);
    }
    const changed = [...counts.values()].filter(([, , came, gone]) => came || gone);
    changed.sort((a, b) => a[0].localeCompare(b[0]));
    moved.sort((a, b) => a[2].localeCompare(b[2]) || a[0][0].localeCompare(b[0][0]));
    const [, before, came, gone, after] = total;
    if (state >= 0) total[0] = held.states[state];
    const days = [earlier, later].map((at) => held.days[at][1]), name = held.states[state];
    const agreements = `${number(before)} ${before === 1 ? "agreement" : "agreements"}`;
    const listed = state < 0 || held.spells.some(([place]) => place === state);
    const turned = chosen[0] > chosen[1] ? "The first day chosen is the later one, so the two are read in order of time. " : "";
    $("said").textContent = turned + (!listed ? `No agreement of ${name} is on any list, ${held.days[0][1]} to ` +
      `${held.days.at(-1)[1]}.` : earlier === later ?
      `On ${days[1]}: ${agreements}. Both days are the same: choose another.` :
      `From ${days[0]} to ${days[1]}: ${agreements} before, ${number(came)} came, ` +
      `${number(gone)} ${gone === 1 ? "is" : "are"} gone, ${number(after)} after.`);
    $("by-state").tBodies[0].replaceChildren(
      ...[total, ...(state >= 0 ? [] : changed)].map((one) => line(one, true)));
    $("by-agency").tBodies[0].replaceChildren(...moved.map((one) => line(one, false)));
  }

  function keep() {
    history.replaceState(null, "", `#${new URLSearchParams(boxes.map((id) => [id, $(id).value]))}`);
    show();
  }

  const asked = new URLSearchParams(location.hash.slice(1));
  for (const id of boxes) {
    const wanted = asked.get(id);
    if ([...$(id).options].some((one) => one.value === wanted)) $(id).value = wanted;
    $(id).addEventListener("change", keep);
  }
  $("days").addEventListener("submit", (event) => event.preventDefault());
  $("days").hidden = false;
  if (asked.size) show();
});
