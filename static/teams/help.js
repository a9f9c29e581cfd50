// The queue moves while the page is open: when a request changes, the page's own part is read anew.
import { watch } from "../shared/live.js";

const root = document.querySelector("[data-help]");

/** Which button the keyboard is on, so that it is found again in the new part. */
const focused = () => document.activeElement?.closest("[data-help]") && document.activeElement.dataset.key;

async function read() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const key = focused();
  for (const part of root.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
  if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

let isFirst = true;
watch("help.watch", { event: root.dataset.help }, (_rows, changed, gone) => {
  if (isFirst || changed.length || gone.length) read();
  isFirst = false;
});

/** The waiting times go on; the words are those of the server. */
setInterval(() => {
  for (const time of root.querySelectorAll("[data-waits]")) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    if (minutes < 1) continue;
    const rest = String(minutes % 60).padStart(2, "0");
    time.textContent = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${rest} min`;
  }
}, 15000);
