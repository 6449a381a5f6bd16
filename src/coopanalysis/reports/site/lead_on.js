// Who comes here by the code of a county is led on to its page.
(() => {
  const [, code] = location.hash.match(/^#c(\d{5})$/) || [];
  if (code) location.replace(document.querySelector("[data-county]").dataset.county.replace("CODE", code));
})();
