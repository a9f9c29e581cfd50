// What every page has: a question before steps that cannot be undone, one click that counts,
// times in the reader's own zone on hover. Everything works without it.
const dialog = document.getElementById("ask");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !form.dataset.confirmed && dialog) {
    event.preventDefault();
    document.getElementById("ask-text").textContent = form.dataset.confirm;
    dialog.returnValue = "no";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "yes") return;
        form.dataset.confirmed = "yes";
        form.requestSubmit();
      },
      { once: true },
    );
    dialog.showModal();
    return;
  }
  if (form.action.endsWith("/sign-out")) window.caches?.delete("judging-1"); // pages kept offline
  if (form.method === "post") {
    // the second click is the same request; the server knows it by the form's key
    for (const button of form.querySelectorAll("button[type=submit]")) {
      setTimeout(() => (button.disabled = true), 0);
    }
  }
});

window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[type=submit][disabled]")) {
    button.disabled = false;
  }
});

for (const time of document.querySelectorAll("time[datetime]")) {
  const own = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  time.title = `${own} (your time) · ${time.title}`;
}

// where a zone is only guessed, the browser knows better
for (const field of document.querySelectorAll("[data-own-zone]")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own && field.value === field.defaultValue) field.value = own;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard; // plain http in the room has none
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}

// on a phone the words of the site scroll: show where one is
for (const word of document.querySelectorAll(".topnav .active")) {
  word.parentElement.scrollLeft = word.offsetLeft - word.parentElement.offsetLeft - 24;
}

// "More" lies over the page: a tap beside it or Escape puts it away
const more = document.querySelector(".tabs-more");
document.addEventListener("click", (event) => {
  if (more?.open && !more.contains(event.target)) more.open = false;
});
more?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !more.open) return;
  more.open = false;
  more.querySelector("summary").focus();
});
