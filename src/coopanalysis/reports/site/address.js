// On a host the addresses to quote are made whole; on a disk they stay as they are, to be put after
// the address of a site.
(() => {
  if (location.protocol === "file:") return;
  for (const one of document.querySelectorAll(".coop-address"))
    one.textContent = new URL(one.textContent, new URL("{{up}}", location.href)).href;
  for (const one of document.querySelectorAll(".coop-ask")) one.hidden = true;
})();
