(() => {
  const form = document.getElementById("filter");
  const text = document.getElementById("q");
  const topic = document.getElementById("topic");
  const count = document.getElementById("count");
  const cards = [...document.querySelectorAll(".card")];
  const asked = new URLSearchParams(location.hash.slice(1));
  text.value = asked.get("q") || "";
  topic.value = asked.get("topic") || "";
  if (topic.selectedIndex < 0) topic.value = "";
  function show() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      const fits = words.every((w) => card.dataset.words.includes(w)) &&
        (!topic.value || card.dataset.topic === topic.value);
      card.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const section of document.querySelectorAll("main > section"))
      section.hidden = !section.querySelector(".card:not([hidden])");
    count.textContent = shown === 1 ? "1 report" : `${shown} reports`;
  }
  function keep() {
    const state = new URLSearchParams();
    if (text.value) state.set("q", text.value);
    if (topic.value) state.set("topic", topic.value);
    history.replaceState(null, "", state.size ? `#${state}` : location.pathname);
    show();
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  text.addEventListener("input", keep);
  topic.addEventListener("change", keep);
  form.hidden = false;
  show();
})();
