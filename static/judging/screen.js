// A screen that waits for its code to be confirmed: asks every other second, then goes on.
import { clockText, offsetOf } from "../shared/live.js";

const place = document.getElementById("screen");
const left = place.querySelector("[data-left]");
const offset = offsetOf(place.dataset.now); // the server's time drives the countdown
const until = Date.parse(place.dataset.until);

function count() {
  const seconds = Math.ceil((until - Date.now() - offset) / 1000);
  left.textContent = seconds > 0 ? `Can be confirmed once, for ${clockText(seconds)} more.` : "The code has run out.";
}

async function ask() {
  try {
    const answer = await fetch(place.dataset.state, { headers: { Accept: "application/json" } });
    const { state } = await answer.json();
    if (state !== "waiting") {
      location.replace(location.pathname);
      return;
    }
  } catch {
    // the line is away; the code waits
  }
  setTimeout(ask, Number(place.dataset.every) * 1000);
}

count();
setInterval(count, 1000);
ask();
