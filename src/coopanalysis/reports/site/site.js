(() => {
  const form = document.getElementById("filter");
  const $ = (id) => document.getElementById(id);
  const boxes = ["q", "place", "policy", "topic", "release"].filter($);
  const value = (id) => ($(id) ? $(id).value : "");
  const MOST = 30, FEW = 6, DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  const plain = (s) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  let cards = [], counties = [], columns = [];

  function unpack(release, held) {
    const all = [];
    held.states.forEach(([state, name, abbr], at) => {
      for (const one of held.counties[at].split("\n")) {
        if (!one) continue;
        const code = state + one.slice(0, 3);
        let bits = 0;
        for (let i = held.width - 1; i >= 0; i--) bits = bits * 64 + DIGITS.indexOf(one[3 + i]);
        const rest = one.slice(3 + held.width);
        const county = rest[0] === "=" ? rest.slice(1) : `${rest} County`;
        all.push({ release, code, county, name, place: `${release}:${state}`, bits,
          brief: held.briefs[code], words: plain(`${county}, ${name} ${abbr} ${code} ${release}`) });
      }
    });
    return all;
  }

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, given] of Object.entries(attributes)) made.setAttribute(name, given);
    return made;
  }

  function row(one) {
    const item = element("li", "");
    const file = `${one.release}/county-brief--county_fips-${one.code}.html`;
    const page = `pages/counties-${one.release}.html#c${one.code}`;
    const built = one.brief === "built" || one.brief === "stale";
    item.append(element("a", `${one.county}, ${one.name}`, { href: built ? file : page }));
    const said = one.release === "demo" ? ["simulated"] : [];
    if (built) said.push(one.brief === "stale" ? "brief, stale" : "brief");
    if (one.brief === "failed") said.push("brief failed");
    item.append(" ", element("small", [one.code, ...said].join(" · ")));
    for (const [column, label] of columns[one.release])
      if (one.policies.includes(column))
        item.append(" ", element("span", label.replace(/^County agency on the /, ""), { class: `chip ${column.split("_", 1)[0]}` }));
    return item;
  }

  function advice(list) {
    const one = list.find((o) => o.brief !== "built" && o.brief !== "stale");
    const line = $("hits").querySelector(".make");
    line.hidden = !one;
    if (one) line.replaceChildren(`To make the brief of ${one.county}, ${one.name}: `, element("code",
      `coopanalysis reports run --release ${one.release} --only county-brief --set county_fips=${one.code}`));
  }

  function show() {
    const words = plain(value("q")).split(/\s+/).filter(Boolean);
    const [place, policy, topic, release] = ["place", "policy", "topic", "release"].map(value);
    let shown = 0;
    for (const card of cards) {
      const fits = words.every((w) => card.words.includes(w)) &&
        (!topic || card.topic === topic) && (!place || card.place === place) &&
        (!release || card.release === release) && (!policy || card.policies.includes(policy));
      if (card.hidden === fits) card.node.hidden = card.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const section of document.querySelectorAll("main > section:not(#hits)")) {
      section.hidden = !section.querySelector(".card:not([hidden])");
      for (const list of section.querySelectorAll(".cards")) {
        const empty = !list.querySelector(".card:not([hidden])");
        list.hidden = empty;
        let head = list.previousElementSibling;
        while (head && !head.matches(".part")) head = head.previousElementSibling;
        if (head) head.hidden = empty;
      }
    }
    document.body.classList.toggle("asked", Boolean(words.length || place || policy || topic));
    const found = [];
    if (!topic)
      for (const one of counties)
        if ((!place || one.place === place) && (!release || one.release === release) &&
          (!policy || one.policies.includes(policy)) && words.every((w) => one.words.includes(w)))
          found.push(one);
    const list = words.length || place || policy ? found : [];
    $("hits").hidden = !list.length;
    const few = shown <= FEW;
    if (few !== Boolean($("hits").previousElementSibling.matches("section")))
      few ? form.parentElement.append($("hits")) : form.after($("hits"));
    $("hits").querySelector("ul").replaceChildren(...list.slice(0, MOST).map(row));
    advice(list);
    $("hits").querySelector(".more").textContent = list.length > MOST ?
      `${(list.length - MOST).toLocaleString("en")} more: add a word or a state.` : "";
    const [one, many] = counties.length ? ["report or state", "reports and states"] : ["report", "reports"];
    const number = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
    $("count").textContent = number(shown, one, many) +
      (counties.length ? `, ${number(found.length, "county", "counties")}` : "");
  }

  function keep() {
    const state = new URLSearchParams();
    for (const id of boxes) if (value(id)) state.set(id, value(id));
    history.replaceState(null, "", state.size ? `#${state}` : location.pathname + location.search);
    show();
  }

  function recall() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const id of boxes) {
      $(id).value = asked.get(id) || "";
      if ($(id).selectedIndex < 0) $(id).value = "";
    }
  }

  addEventListener("DOMContentLoaded", () => {
    const every = self.coopPlaces || {};
    cards = [...document.querySelectorAll(".card")].map((node) => {
      const place = node.dataset.place, brief = node.classList.contains("state");
      const [release, code] = brief ? place.split(":") : [node.dataset.release];
      const abbr = brief ? (every[release]?.states.find(([one]) => one === code) || [])[2] : "";
      return { node, hidden: false, place, release, topic: node.dataset.topic || "state brief",
        words: plain(`${node.textContent} ${release} ${abbr || ""}`),
        policies: (node.dataset.policies || "").split(" ") };
    });
    for (const [release, held] of Object.entries(every)) {
      columns[release] = held.policies;
      const sets = new Map();
      for (const one of unpack(release, held)) {
        if (!sets.has(one.bits))
          sets.set(one.bits, held.policies.map(([name]) => name)
            .filter((_, at) => Math.floor(one.bits / 2 ** at) % 2));
        counties.push({ ...one, policies: sets.get(one.bits) });
      }
    }
    for (const card of cards.filter((one) => one.node.classList.contains("state"))) {
      const own = counties.filter((one) => one.place === card.place);
      card.policies = [...new Set(own.flatMap((one) => one.policies))];
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const id of boxes) $(id).addEventListener($(id).type === "search" ? "input" : "change", keep);
    addEventListener("hashchange", () => { recall(); show(); });
    form.hidden = false;
    recall();
    show();
  });
})();
