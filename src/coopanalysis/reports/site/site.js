(() => {
  const form = document.getElementById("filter");
  const $ = (id) => document.getElementById(id);
  const boxes = ["q", "place", "policy", "topic", "release"].filter($);
  const value = (id) => ($(id) ? $(id).value : "");
  const MOST = 30, FEW = 6, NEAR = 8, DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  const FOLDING = {{folding}};  // that of place_search.py, which this search is the same as
  const drop = new RegExp(FOLDING.drop, "g"), others = new Map(Object.entries(FOLDING.words));
  const plain = (s) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(drop, "")
    .replace(/[^a-z0-9]+/g, " ").trim().split(" ").map((w) => others.get(w) || w).join(" ");
  let cards = [], counties = [], columns = [], spelled = null;

  function unpack(release, held) {
    const all = [];
    held.states.forEach(([state, name, abbr], at) => {
      for (const one of held.counties[at].split("\n")) {
        if (!one) continue;
        const code = state + one.slice(0, 3);
        let bits = 0;
        for (let i = held.width - 1; i >= 0; i--) bits = bits * 64 + DIGITS.indexOf(one[3 + i]);
        const size = DIGITS.indexOf(one[3 + held.width]), rest = one.slice(4 + held.width);
        const county = rest[0] === "=" ? rest.slice(1) : `${rest} County`;
        all.push({ release, code, county, name, place: `${release}:${state}`, bits, size,
          cities: [], hasPage: held.pages,
          words: ` ${plain(`${county}, ${name} ${abbr} ${code} ${release}`)} ` });
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

  // A city is found by its name; which of a county's cities fit what was typed.
  const cityOf = (one, words) => one.cities.find((city) => words.some((w) => city.includes(begins(w))));

  function row(one, words) {
    const item = element("li", "");
    const page = one.hasPage ? `${one.release}/counties/${one.code}.html` :
      `pages/counties-${one.release}.html#c${one.code}`;
    item.append(element("a", `${one.county}, ${one.name}`, { href: page }));
    const city = cityOf(one, words.filter((w) => !named(one, w)));
    const said = one.release === "demo" ? ["simulated"] : [];
    if (city) said.push(`has ${city.trim().replace(/\b[a-z]/g, (c) => c.toUpperCase())}`);
    item.append(" ", element("small", [one.code, ...said].join(" · ")));
    for (const [column, label] of columns[one.release])
      if (one.policies.includes(column))
        item.append(" ", element("span", label.replace(/^County agency on the /, ""), { class: `chip ${column.split("_", 1)[0]}` }));
    return item;
  }

  // Letters put in, left out, changed or exchanged: how far two words are apart, at most `most`.
  function apart(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let before = [], last = Array.from({ length: b.length + 1 }, (_, at) => at);
    for (let i = 1; i <= a.length; i++) {
      const now = [i];
      for (let k = 1; k <= b.length; k++) {
        now[k] = Math.min(last[k] + 1, now[k - 1] + 1, last[k - 1] + (a[i - 1] !== b[k - 1]));
        if (i > 1 && k > 1 && a[i - 1] === b[k - 2] && a[i - 2] === b[k - 1])
          now[k] = Math.min(now[k], before[k - 2] + 1);
      }
      if (Math.min(...now) > most) return most + 1;
      [before, last] = [last, now];
    }
    return last[b.length];
  }

  const begins = (word) => word.length < 3 ? ` ${word} ` : ` ${word}`;  // two letters are a state
  const named = (one, word) => one.words.includes(begins(word));
  const has = (one, word) => named(one, word) || one.cities.some((city) => city.includes(begins(word)));

  // Words of places that words may have been meant for, so that some place has them all: the nearest.
  function meant(words, allowed) {
    spelled ||= [...new Set(counties.flatMap((one) => [one.words, ...one.cities].join(" ").split(" ")))];
    let kept = [[0, [], counties.filter(allowed)]];
    for (const word of words) {
      const most = word.length < 4 ? 0 : word.length < 7 ? 1 : 2;
      const near = spelled.map((one) => [apart(word, one, most), one]).filter(([far]) => far <= most);
      if (!near.some(([far]) => !far)) near.push([0, word]);
      near.sort((a, b) => a[0] - b[0]);
      kept = kept.flatMap(([far, read, list]) => near.slice(0, NEAR).map(([more, one]) =>
        [far + more, [...read, one], list.filter((place) => has(place, one))])).filter(([, , list]) => list.length);
      kept = kept.sort((a, b) => a[0] - b[0]).slice(0, NEAR);
    }
    return kept.length ? kept[0][1] : words;
  }

  const fits = (one, words) => words.every((w) => one.words.includes(` ${w} `)) ? 3 :
    words.every((w) => named(one, w)) ? 2 : words.every((w) => has(one, w)) ? 1 : 0;

  // Counties called so first, then those of that state or with that city; the larger first.
  function find(words, allowed) {
    const phrase = ` ${words.join(" ")}`, found = [];
    for (const one of counties) {
      const fit = allowed(one) ? fits(one, words) : 0;
      if (!fit) continue;
      const isCity = one.cities.some((city) => `${phrase} `.startsWith(city));
      const rank = isCity || one.words.startsWith(`${phrase} `) ? 5 : one.words.startsWith(phrase) ? 4 : fit;
      found.push([rank, one.size, one]);
    }
    return found.sort((a, b) => b[0] - a[0] || b[1] - a[1]).map(([, , one]) => one);
  }

  function advise(text) {
    const line = $("hits").querySelector(".make");
    line.hidden = !text;
    line.textContent = text;
  }

  function show() {
    const words = plain(value("q")).split(" ").filter(Boolean);
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
    const asked = words.length || place || policy;
    const allowed = (one) => (!place || one.place === place) && (!release || one.release === release) &&
      (!policy || one.policies.includes(policy));
    let read = words, list = asked && !topic ? find(words, allowed) : [], text = "";
    if (!list.length && words.length && !topic && !shown && counties.length) {
      read = meant(words, allowed);
      list = read.some((w, at) => w !== words[at]) ? find(read, allowed) : [];
      text = list.length ? `No place is spelled so; this is what is found for "${read.join(" ")}".` :
        `No county, city or state fits "${value("q").trim()}". Try a county with its state ("Harris, Texas"), a city of 2,500 residents or more, or a code of five digits.`;
    }
    advise(text);
    $("hits").hidden = !list.length && !text;
    const few = shown <= FEW;
    if (few !== Boolean($("hits").previousElementSibling.matches("section")))
      few ? form.parentElement.append($("hits")) : form.after($("hits"));
    $("hits").querySelector("ul").replaceChildren(...list.slice(0, MOST).map((one) => row(one, read)));
    $("hits").querySelector(".more").textContent = list.length > MOST ?
      `${(list.length - MOST).toLocaleString("en")} more: add a word or a state.` : "";
    const [one, many] = counties.length ? ["report or state", "reports and states"] : ["report", "reports"];
    const number = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
    $("count").textContent = number(shown, one, many) +
      (counties.length ? `, ${number(asked || topic ? list.length : counties.length, "county", "counties")}` : "");
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

  // Cities are many: they are read when somebody begins to search.
  function readCities() {
    for (const release of Object.keys(self.coopPlaces || {})) {
      const script = element("script", "", { src: `pages/cities-${release}.js` });
      script.addEventListener("load", () => {
        const held = self.coopCities[release];
        for (const one of counties)
          if (one.release === release && held[one.code])
            one.cities = held[one.code].split("\n").map((city) => ` ${plain(city)} `);
        spelled = null;
        show();
      });
      document.head.append(script);
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
    if (value("q")) readCities();
    else $("q").addEventListener("focus", readCities, { once: true });
    // On a phone, what is found stands on the screen with what is typed.
    $("q").addEventListener("focus", () => {
      if (matchMedia("(max-width: 37.5rem)").matches) form.scrollIntoView();
    });
  });
})();
