// The late tray: what arrives while it is open is shown at once, unless something is begun here.
import { watch } from "../shared/live.js";

const tray = document.getElementById("tray");
const changed = document.getElementById("changed");
const known = Number(tray.dataset.waiting);

function isBegun() {
  const reason = document.querySelector("#decide [name=reason]");
  const isAsking = document.querySelector("dialog[open]");
  return Boolean(reason?.value || isAsking || tray.querySelector("input[type=checkbox]:checked"));
}

watch("board.watch", { event: tray.dataset.event, round: Number(tray.dataset.round) }, (rows) => {
  const late = rows.get("round")?.late;
  if (late === undefined || late === known) {
    changed.hidden = true;
    return;
  }
  if (!isBegun()) {
    location.replace(changed.querySelector("a").href);
    return;
  }
  const more = late - known;
  const words = more > 0 ? `${more} more came in.` : `${-more} were decided elsewhere.`;
  changed.querySelector("[data-words]").textContent = words;
  changed.hidden = false;
}, "board.changed");
