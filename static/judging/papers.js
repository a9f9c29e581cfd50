// Sheets from paper: says of each row whether it is whole, so that a slip is seen before it is sent.
// The server checks everything again; without this script the page works all the same.
import "./more.js";

const form = document.getElementById("papers");

/** A typed number in tenths, or null when it is none. */
function tenths(text) {
  const found = /^(\d{1,3})(?:\.(\d))?$/.exec(text.trim());
  return found ? Number(found[1]) * 10 + Number(found[2] ?? 0) : null;
}

function isOff(input) {
  const text = input.value.trim();
  return text !== "" && !input.dataset.levels.split(" ").includes(String(tenths(text)));
}

function look(row) {
  const inputs = [...row.querySelectorAll(".score input")];
  const words = [...row.querySelectorAll("textarea")].some((area) => area.value.trim());
  const typed = inputs.filter((input) => input.value.trim()).length;
  const off = inputs.filter(isOff);
  for (const input of inputs) {
    const isBad = off.includes(input);
    input.classList.toggle("is-invalid", isBad);
    if (isBad) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  row.classList.toggle("is-wrong", off.length > 0);
  row.classList.toggle("is-whole", typed === inputs.length && off.length === 0);
  row.classList.toggle("is-part", off.length === 0 && (typed > 0 ? typed < inputs.length : words));
  const told = row.querySelector("[data-told]");
  row.querySelector(".wrong")?.remove(); // what the server said was about what stood there before
  if (off.length) told.textContent = "Not on the scale";
  else told.textContent = typed && typed < inputs.length ? `${typed} of ${inputs.length} typed` : "";
}

form?.addEventListener("input", (event) => {
  const row = event.target.closest("[data-sheet]");
  if (row) look(row);
});
