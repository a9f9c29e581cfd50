// Announcements reach pages that are open, and are put away without leaving the page: nothing
// typed is lost.
import { connectAlone } from "./live.js";

const place = document.querySelector("[data-banners]");
const url = place.dataset.banners;

async function show() {
  const answer = await fetch(`${url}/banners`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const known = new Set([...place.querySelectorAll("[data-banner]")].map((row) => row.dataset.banner));
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  // what the page lists anyway does not hang over it
  const isListed = (row) => document.querySelector(`[data-announced="${row.dataset.banner}"]`);
  const rows = [...found.querySelectorAll("[data-banner]")].filter((row) => !isListed(row));
  const now = new Set(rows.map((row) => row.dataset.banner));
  for (const row of place.querySelectorAll("[data-banner]")) if (!now.has(row.dataset.banner)) row.remove();
  const fresh = rows.filter((row) => !known.has(row.dataset.banner)).map((row) => document.adoptNode(row));
  place.prepend(...fresh);
}

place.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
  }).catch(() => null);
  if (answer && answer.status < 500) { // 404: it is no longer for this person
    form.closest("[data-banner]").remove();
    document.getElementById("content").focus({ preventScroll: true });
  } else form.submit(); // without a line the browser says so
});

const line = await connectAlone();
let isBack = line.connected;
// a moved deadline leads to the event's own page
line.on("event.notice", (notice) => [url, url.replace(/\/announcements$/, "")].includes(notice.link) && show());
line.on("connect", () => {
  if (isBack) show(); // what came while the line was away
  isBack = true;
});
