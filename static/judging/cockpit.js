// The organizer's cockpit: counts move as sheets come in; a change of the round is offered, so
// that nothing typed is lost.
import { connect, offsetOf, runTimer, watch } from "../shared/live.js";
import "./more.js";

const root = document.getElementById("cockpit");
const round = Number(root.dataset.round);
const changed = document.getElementById("changed");
const timer = document.getElementById("timer");
let offset = offsetOf(root.dataset.now); // the server's time drives the timer

function count(element, row) {
  const text = element.querySelector("[data-count]");
  const bar = element.querySelector("progress");
  const offline = element.querySelector("[data-offline]");
  if (offline) offline.hidden = !row.offline;
  if (text) text.textContent = `${row.done} of ${row.of}`;
  if (bar) {
    bar.max = row.of || 1;
    bar.value = row.done;
  }
}

/** What lies in the late tray: said where it is read, offered where the page would be another. */
function tellLate(late) {
  for (const place of root.querySelectorAll("[data-late-count]")) place.textContent = late ? ` (${late})` : "";
  const line = root.querySelector("[data-late]");
  const wait = late === 1 ? "1 late score waits" : `${late} late scores wait`;
  if (line) line.textContent = late ? `${wait} for your decision.` : "Nothing came late.";
  const left = document.getElementById("left");
  if (left) left.hidden = !late;
  const known = Number(root.dataset.late);
  if (late !== known && document.getElementById("silent")) changed.hidden = false;
}

/** Show the new round at once, unless something is being typed. */
function offer() {
  const isTyping = document.activeElement?.matches("input:not([type=hidden]), textarea, select");
  if (isTyping) changed.hidden = false;
  else location.reload();
}

watch("board.watch", { event: root.dataset.event, round }, (rows) => {
  const whole = rows.get("round");
  if (whole && whole.state !== root.dataset.state) {
    offer();
    return;
  }
  if (whole?.late !== undefined) tellLate(whole.late);
  const sum = root.querySelector("[data-done]");
  if (whole && sum) {
    sum.textContent = `${whole.done} of ${whole.of}`;
    const bar = root.querySelector("[data-bar]");
    bar.max = whole.of || 1;
    bar.value = whole.done;
  }
  for (const element of root.querySelectorAll("tr[data-row]")) {
    const row = rows.get(element.dataset.row);
    if (row) count(element, row);
  }
});

let started = timer?.dataset.started ?? "";
connect().on("judging.state", (news) => {
  if (news.round !== round) return;
  offset = offsetOf(news.server_time);
  if ((news.pitch?.started_at ?? "") !== started) {
    started = news.pitch?.started_at ?? "";
    offer();
  }
});

if (timer) {
  const pitch = { started_at: timer.dataset.started, seconds: Number(timer.dataset.seconds) };
  runTimer(timer, () => ({ pitch, offset }));
}
