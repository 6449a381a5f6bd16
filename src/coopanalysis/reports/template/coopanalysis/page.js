(() => {
  /* On a host, addresses to quote are made whole; on a disk they stay, to be put after one. */
  const alone = document.querySelector(".alone");
  if (location.protocol !== "file:") {
    const here = new URL(alone ? "../../../" : "../", location.href);
    for (const one of document.querySelectorAll(".coop-address"))
      one.textContent = new URL(one.textContent, here).href;
    for (const one of document.querySelectorAll(".coop-ask")) one.hidden = true;
  }

  /* Within a frame, an image gives way until what is said around it stands in the frame as well. */
  function fit() {
    const image = alone.querySelector("figure img"), box = image.closest(".coop-map") || image;
    box.style.maxWidth = "";
    const over = document.documentElement.scrollHeight - innerHeight, drawn = image.getBoundingClientRect();
    if (over > 0) box.style.maxWidth = `${Math.max(160, (drawn.height - over - 4) * drawn.width / drawn.height)}px`;
  }
  if (alone && self !== top) for (const when of ["load", "resize"]) addEventListener(when, fit);

  function readCsv(link) {
    const [head, body] = [link.href.slice(0, link.href.indexOf(",")), link.href.slice(link.href.indexOf(",") + 1)];
    const text = head.endsWith("base64")
      ? new TextDecoder().decode(Uint8Array.from(atob(body), (one) => one.charCodeAt(0)))
      : decodeURIComponent(body);
    const rows = [[]];
    for (const found of text.trimEnd().matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\n|$)/g)) {
      rows.at(-1).push(found[1].replace(/^"|"$/g, "").replaceAll('""', '"'));
      if (found[2] === "\n") rows.push([]);
      if (found[2] === "") break;
    }
    return rows;
  }

  /* What the data of a map say of each county, in the order in which its colours are numbered. */
  function readLabels(figure) {
    const [head, ...rows] = readCsv(figure.querySelector("a.coop-download"));
    const code = head.indexOf("county_fips"), names = ["county", "state"].map((one) => head.indexOf(one));
    const said = new Map();
    for (const row of rows) {
      if (!said.has(row[code])) said.set(row[code], [names.map((one) => row[one]).filter(Boolean).join(", ")]);
      const values = row.filter((one, at) => at !== code && !names.includes(at) && one !== "")
        .map((one) => isNaN(one) ? one : Number(one).toLocaleString("en-US", { maximumFractionDigits: 2 }));
      said.get(row[code]).push(values.join(", ") || "not known");
    }
    return [...said].map(([county, [place, ...values]]) => [`${place}: ${values.join("; ")}`, county]);
  }

  function start(image) {
    const picture = new Image();
    picture.onload = () => explore(image, picture);
    picture.src = image.dataset.counties;
  }

  function explore(image, picture) {
    const canvas = document.createElement("canvas"), width = picture.width, height = picture.height;
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(picture, 0, 0);
    const data = pen.getImageData(0, 0, width, height).data, ids = new Int32Array(width * height);
    const middles = [], names = readLabels(image.closest("figure"));
    const places = image.closest("figure").dataset.places;
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] = data[4 * at] << 16 | data[4 * at + 1] << 8 | data[4 * at + 2];
      if (!id) continue;
      const middle = middles[id] ??= { x: 0, y: 0, n: 0 };
      middle.x += at % width; middle.y += Math.floor(at / width); middle.n++;
    }
    for (const one of middles) if (one) { one.x /= one.n; one.y /= one.n; }
    const box = document.createElement("div"), tip = document.createElement("p");
    box.className = "coop-map"; tip.className = "coop-tip"; tip.hidden = true;
    tip.setAttribute("role", "status");
    box.tabIndex = 0;
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", `Map: arrow keys go from county to county, ${places ? "Enter opens its page, " : ""}Escape leaves`);
    image.replaceWith(box);
    box.append(image, canvas, tip);
    if (alone && self !== top) fit();
    pen.clearRect(0, 0, width, height);
    let shown = 0;

    function show(id, point) {
      tip.hidden = !id;
      if (!id || id === shown) { if (!id) { shown = 0; pen.clearRect(0, 0, width, height); } return; }
      shown = id;
      tip.textContent = names[id - 1][0];
      const { x, y } = point ?? middles[id], low = y > height / 2;
      tip.style.left = `${100 * Math.min(Math.max(x / width, 0.2), 0.8)}%`;
      tip.style.top = low ? "auto" : `${100 * y / height + 4}%`;
      tip.style.bottom = low ? `${100 - 100 * y / height + 4}%` : "auto";
      const drawn = pen.createImageData(width, height);
      for (let at = 0; at < ids.length; at++)
        if (ids[at] === id) drawn.data.set([230, 80, 0, 255], 4 * at);
      pen.putImageData(drawn, 0, 0);
    }

    function at(event) {
      const frame = canvas.getBoundingClientRect();
      const x = Math.floor((event.clientX - frame.left) / frame.width * width);
      const y = Math.floor((event.clientY - frame.top) / frame.height * height);
      for (let far = 0; far <= (event.pointerType === "touch" ? 6 : 1); far++)
        for (let dx = -far; dx <= far; dx++) for (let dy = -far; dy <= far; dy++) {
          const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
          const id = inside ? ids[(y + dy) * width + x + dx] : 0;
          if (id) return show(id, { x, y });
        }
      show(0);
    }
    /* A county that is shown is opened by a click; so a finger has to touch it twice. */
    const open = () => shown && places && window.open(`${places}#c${names[shown - 1][1]}`, "_top");
    let isShown = false;
    box.addEventListener("pointermove", at);
    box.addEventListener("pointerdown", (event) => {
      const before = shown;
      at(event);
      isShown = before === shown;
    });
    box.addEventListener("click", () => isShown && open());
    box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(0));
    box.addEventListener("blur", () => show(0));

    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return show(0);
      if (event.key === "Enter") return open();
      const way = ways[event.key];
      if (!way) return;
      event.preventDefault();
      const from = shown ? middles[shown] : { x: width / 2, y: height / 2 };
      let best = 0, least = Infinity;
      middles.forEach((one, id) => {
        const dx = one.x - from.x, dy = one.y - from.y;
        const along = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1] + dy * way[0]);
        if (shown && (id === shown || along <= 0 || aside > 2 * along)) return;
        const far = shown ? along + 2 * aside : Math.hypot(dx, dy);
        if (far < least) { least = far; best = id; }
      });
      if (best) show(best);
    });
  }
  document.querySelectorAll("img[data-counties]").forEach(start);
})();
