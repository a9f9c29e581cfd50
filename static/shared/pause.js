// Everybody at the event reads that judging is paused, and why, without reloading the page.
import { connect, watch } from "./live.js";

const places = document.querySelectorAll("[data-pause]");

function show(place, row) {
  const alert = place.querySelector(".alert");
  if (row) {
    place.querySelector("[data-colon]").textContent = row.reason ? ":" : ".";
    place.querySelector("[data-reason]").textContent = row.reason;
  }
  alert.hidden = !row;
}

// A page that needs the line for nothing else gives it back while nobody looks at it.
if (places.length && !window.io) {
  await import("../vendor/socket.io.min.js");
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) connect().disconnect();
    else connect().connect();
  });
}

for (const place of places) {
  watch("event.watch", { event: place.dataset.pause }, (rows) => show(place, rows.get("paused")));
}
