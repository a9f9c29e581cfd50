// The figures of the event that runs move while the page is open.
import { watch } from "../shared/live.js";

const place = document.querySelector("[data-home]");

watch("home.watch", { event: place.dataset.home }, (rows) => {
  const phase = rows.get("phase");
  const shown = place.querySelector("[data-phase]");
  if (phase && shown.textContent.trim() !== phase.value) {
    location.reload(); // another phase needs other things of everybody
    return;
  }
  for (const number of place.querySelectorAll("[data-number]")) {
    const row = rows.get(number.dataset.number);
    if (!row) continue;
    number.querySelector("[data-value]").textContent = row.value;
    number.querySelector("[data-detail]").textContent = row.detail;
  }
});
