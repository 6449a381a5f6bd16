(() => {
  const form = document.getElementById("filter");
  const $ = (id) => document.getElementById(id);
  const boxes = ["q", "place", "policy", "topic", "release"].filter($);
  const value = (id) => ($(id) ? $(id).value : "");
  const MOST = 30, FEW = 6, NEAR = 8, FEW_FOUND = 5, DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  const FOLDING = {{folding}};  // that of place_search.py, which this search is the same as
  const drop = new RegExp(FOLDING.drop, "g"), others = new Map(Object.entries(FOLDING.words));
  const plain = (s) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(drop, "")
    .replace(/[^a-z0-9]+/g, " ").trim().split(" ").map((w) => others.get(w) || w).join(" ");
  const kinds = new RegExp(` (${FOLDING.kinds.join("|")}) $`), subject = new Set(FOLDING.subject);
  let cards = [], counties = [], columns = [], spelled = null, nearest = new Map();

  function unpack(release, held) {
    const all = [];
    held.states.forEach(([state, name, abbr], at) => {
      for (const one of held.counties[at].split("\n")) {
        if (!one) continue;
        const code = state + one.slice(0, 3);
        let bits = 0;
        for (let i = held.width - 1; i >= 0; i--) bits = bits * 64 + DIGITS.indexOf(one[3 + i]);
        const size = DIGITS.indexOf(one[3 + held.width]), rest = one.slice(4 + held.width);
        const isOther = rest[0] === "~";  // only lists of other years have it
        const county = isOther || rest[0] === "=" ? rest.slice(1) : `${rest} County`;
        const whole = ` ${plain(county)} `, short = whole.replace(kinds, " ");
        const base = short.trim() ? short : whole;
        const words = ` ${plain(`${county}, ${name} ${abbr} ${code} ${release}`)} ${base.replace(/ /g, "")} `;
        all.push({ release, code, county, name, place: `${release}:${state}`, bits, size, isOther,
          cities: [], names: [], large: 0, hasPage: held.pages, base, words, text: words });
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

  // A city is found by its name: that of a county's cities which has all words typed, else one of them.
  function cityOf(one, words) {
    const has = (city) => (w) => city.includes(begins(w));
    const whole = words.length ? one.cities.findIndex((city) => words.every(has(city))) : -1;
    return one.names[whole < 0 ? one.cities.findIndex((city) => words.some(has(city))) : whole];
  }

  function row(one, words) {
    const item = element("li", "");
    const page = one.hasPage ? `${one.release}/counties/${one.code}.html` :
      `pages/counties-${one.release}.html#c${one.code}`;
    item.append(element("a", `${one.county}, ${one.name}`, { href: page }));
    const city = cityOf(one, words.filter((w) => !named(one, w)));
    const said = one.release === "demo" ? ["simulated"] : [];
    if (city) said.push(`has ${city}`);
    if (one.isOther) said.push("in lists of other years");
    item.append(" ", element("small", [one.code, ...said].join(" · ")));
    for (const [column, label] of columns[one.release])
      if (one.policies.includes(column))
        item.append(" ", element("span", label, { class: `chip ${column.split("_", 1)[0]}` }));
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
  const has = (one, word) => one.text.includes(begins(word));
  const called = (one, name, words) => ` ${words.join(" ")} `.startsWith(name) &&
    words.slice(name.trim().split(" ").length).every((w) => named(one, w));

  // Which letters a word has, as bits: words of other letters need no closer look.
  function letters(word) {
    let bits = 0;
    for (let at = 0; at < word.length; at++) bits |= 1 << (word.charCodeAt(at) % 32);
    return bits;
  }
  function count(bits) {
    let n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
  }

  // Words of places that a word may have been meant for, the nearest first.
  function near(word) {
    if (!spelled) {
      spelled = [];
      nearest = new Map();
      for (const one of new Set(counties.flatMap((place) => place.text.split(" "))))
        (spelled[one.length] ||= []).push([one, letters(one)]);
    }
    if (nearest.has(word)) return nearest.get(word);
    const most = word.length < 4 ? 0 : word.length < 7 ? 1 : 2, bits = letters(word), found = [];
    for (let length = Math.max(1, word.length - most); length <= word.length + most; length++)
      for (const [one, other] of spelled[length] || []) {
        if (count(bits ^ other) > 2 * most) continue;
        const far = apart(word, one, most);
        if (far <= most) found.push([far, one]);
      }
    found.sort((a, b) => a[0] - b[0]);
    nearest.set(word, found);
    return found;
  }

  // Words of places that words may have been meant for, so that some place has them all: the nearest.
  function meant(words, allowed) {
    let kept = [[0, [], counties.filter(allowed)]];
    for (const word of words) {
      const found = near(word), some = found.some(([far]) => !far) ? found : [[0, word], ...found];
      kept = kept.flatMap(([far, read, list]) => some.slice(0, NEAR).map(([more, one]) =>
        [far + more, [...read, one], list.filter((place) => has(place, one))])).filter(([, , list]) => list.length);
      kept = kept.sort((a, b) => a[0] - b[0]).slice(0, NEAR);
    }
    return kept.length ? kept[0][1] : words;
  }

  // How well words fit a county, as `_rank` of place_search.py says it.
  function rank(one, words) {
    if (!words.every((w) => has(one, w))) return 0;
    if (called(one, one.base, words)) return 6;
    const city = one.cities.findIndex((name) => called(one, name, words));
    if (city >= 0) return city < one.large ? 6 : 5;
    if (one.words.startsWith(` ${words.join(" ")}`)) return 4;
    if (words.every((w) => one.words.includes(` ${w} `))) return 3;
    return words.every((w) => named(one, w)) ? 2 : 1;
  }

  // Counties called so first, then those of that state or with that city; the larger first.
  function find(words, allowed) {
    const found = [];
    for (const one of counties) {
      const fit = allowed(one) ? rank(one, words) : 0;
      if (fit) found.push([fit, one.size, one]);
    }
    const least = found.some(([fit]) => fit >= 5) ? 3 : 1;
    return found.filter(([fit]) => fit >= least).sort((a, b) => b[0] - a[0] || b[1] - a[1]).map(([, , one]) => one);
  }

  // Counties whose name is a letter from what was typed, where few are called so.
  function nearly(words, allowed, found) {
    const others = new Set();
    if (found.length <= FEW_FOUND)
      words.forEach((word, at) => {
        if (word.length <= 4 || !/^[a-z]+$/.test(word)) return;
        for (const [far, one] of near(word)) {
          if (far !== 1) continue;
          const read = words.with(at, one);
          for (const place of counties)
            if (place.words.includes(one) && allowed(place) && called(place, place.base, read) && !found.includes(place))
              others.add(place);
        }
      });
    return [...others].sort((a, b) => b.size - a.size || (a.words < b.words ? -1 : 1));
  }

  function readings(words) {
    const full = words.map((w) => FOLDING.short[w] || w), read = [words, full];
    for (const some of [full, full.filter((w) => !subject.has(w))])
      read.push(some, ...some.slice(1).map((_, at) => [...some.slice(0, at), some[at] + some[at + 1], ...some.slice(at + 2)]));
    return [...new Map(read.map((one) => [one.join(" "), one])).values()];
  }

  // The counties that words mean, the words as they were read, and whether that is a guess; misspelt
  // ones are guessed only where asked.
  function lookUp(words, allowed, isMisspelt) {
    if (!words.length) return [find(words, allowed), words, false];
    for (const read of readings(words)) {
      const found = read.length ? find(read, allowed) : [];
      if (found.length) return [[...found, ...nearly(read, allowed, found)], read, false];
    }
    const rest = words.filter((w) => !subject.has(w));
    if (!isMisspelt || !rest.length) return [[], words, false];
    const read = meant(rest, allowed);
    return [read.some((w, at) => w !== rest[at]) ? find(read, allowed) : [], read, true];
  }

  // Where a state was named, its list of counties is what to go through.
  function advise(text, words) {
    const line = $("hits").querySelector(".make"), typed = ` ${words.join(" ")}`;
    line.hidden = !text;
    line.textContent = text;
    for (const [release, held] of text ? Object.entries(self.coopPlaces || {}) : [])
      for (const [code, name, abbr] of held.states)
        if ([name, abbr].some((one) => typed.endsWith(` ${plain(one)}`)))
          line.append(" ", element("a", `All counties of ${name}`, { href: `pages/counties-${release}.html#s${code}` }));
  }

  function show() {
    const words = plain(value("q")).split(" ").filter(Boolean);
    const [place, policy, topic, release] = ["place", "policy", "topic", "release"].map(value);
    const isSubject = words.length > 0 && words.every((w) => subject.has(w));
    const says = (card, asked) => asked.every((w) => card.words.includes(w));
    const fitting = (card, asked) => says(card, asked) &&
      (!topic || card.topic === topic) && (!place || card.place === place) &&
      (!release || card.release === release) && (!policy || card.policies.includes(policy));
    // A word of the subject that no report has leads to all of them, and to no place spelled alike.
    const isLoose = isSubject && !cards.some((card) => says(card, words));
    let shown = 0;
    for (const card of cards) {
      const fits = isLoose ? !card.isState && fitting(card, []) : fitting(card, words);
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
    const isMisspelt = words.length && !topic && !shown;
    let [list, read, isGuess] = asked && !topic && !isLoose ? lookUp(words, allowed, isMisspelt) : [[], words, false], text = "";
    if (isLoose) text = `No report or place here is called "${value("q").trim()}"` + (shown ? ": these are all reports." : ".");
    else if (isMisspelt && counties.length)
      text = !list.length ? `No county, city or state fits "${value("q").trim()}". {{known}}` :
        !isGuess ? "" : `No place is spelled so; this is what is found for "${read.join(" ")}".`;
    advise(text, list.length ? [] : words);
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
      (counties.length ? `, ${number(asked || topic ? list.length : counties.filter((one) => !one.isOther).length, "county", "counties")}` : "");
    if (text) $("count").append(element("span", `. ${text}`, { class: "hidden" }));
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

  function readCity(one, listed) {
    one.large = listed.filter((city) => city.startsWith("*")).length;
    one.names = listed.map((city) => city.replace("*", ""));
    one.cities = listed.map((city) => ` ${plain(city)} `);
    one.text = one.words + one.cities.join("");
  }

  // The brief of a state that is called as was typed.
  const stateOf = (links) => links.find((one) => one.closest(".card.state") && plain(one.textContent) === plain(value("q")));

  // Enter opens that, else the first county, else the first report; arrows go through all that is found, and back.
  function goThrough(event) {
    if (!["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(event.key)) return;
    const isBox = event.target === $("q"), every = document.querySelectorAll(".card h3 a, .card .name a, #hits li > a");
    const links = document.body.classList.contains("asked") ? [...every].filter((one) => one.getClientRects().length) : [];
    const at = links.indexOf(event.target);
    if (!isBox && at < 0) return;
    if (event.key === "Enter") return isBox && (stateOf(links) || links.find((one) => one.closest("#hits")) || links[0])?.click();
    if (event.key === "Escape") return isBox || $("q").focus();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (isBox && event.key === "ArrowUp") return;
    event.preventDefault();
    (next < 0 ? $("q") : links[Math.min(next, links.length - 1)])?.focus();
  }

  // Cities are many: they are read when somebody begins to search.
  function readCities() {
    for (const release of Object.keys(self.coopPlaces || {})) {
      const script = element("script", "", { src: `pages/cities-${release}.js` });
      script.addEventListener("load", () => {
        const held = self.coopCities[release];
        for (const one of counties)
          if (one.release === release && held[one.code])
            readCity(one, held[one.code].split("\n"));
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
      return { node, hidden: false, isState: brief, place, release, topic: node.dataset.topic || "state brief",
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
    document.addEventListener("keydown", goThrough);
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
