// Filter the rows by their text; what was typed stays in the address when the page renews itself.
const input = document.querySelector(".filter input");
const rows = [...document.querySelectorAll("[data-find]")];
function show() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) row.hidden = !words.every((word) => row.dataset.find.includes(word));
}
input.closest("label").hidden = false;
try {
  input.value = decodeURIComponent(location.hash.slice(1));
} catch { /* an address that is no text */ }
input.addEventListener("input", () => {
  history.replaceState(null, "", `#${encodeURIComponent(input.value)}`);
  show();
});
show();
