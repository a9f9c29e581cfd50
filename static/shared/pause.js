// Everybody at the event reads that judging is paused, and why, without reloading the page.
import { connectAlone, watch } from "./live.js";

const places = document.querySelectorAll("[data-pause]");

function show(place, row) {
  const alert = place.querySelector(".alert");
  if (row) {
    place.querySelector("[data-colon]").textContent = row.reason ? ":" : ".";
    place.querySelector("[data-reason]").textContent = row.reason;
  }
  alert.hidden = !row;
}

if (places.length) await connectAlone();
for (const place of places) {
  watch("event.watch", { event: place.dataset.pause }, (rows) => show(place, rows.get("paused")));
}
