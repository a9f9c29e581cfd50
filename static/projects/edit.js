// Saves the card a second after the last key; says what the server said. Without it, Save does.
(() => {
  const form = document.getElementById("card");
  const state = document.getElementById("state");
  const version = document.getElementById("version");
  let timer = 0;
  let busy = false;
  let again = false;
  let kept = new URLSearchParams(new FormData(form)).toString();

  const say = (text) => (state.textContent = text);

  async function save() {
    if (busy) {
      again = true;
      return;
    }
    const text = new URLSearchParams(new FormData(form)).toString();
    busy = true;
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
        body: text,
      });
      const body = await answer.json();
      if (answer.ok) {
        version.value = body.version;
        kept = text;
        say(body.complete ? "Saved. The card is complete." : `Saved as a draft. Still missing: ${body.missing.join(", ")}.`);
      } else {
        say(body.message);
      }
    } catch {
      say("No connection. What you typed stays on this page; it is saved when the line is back.");
      timer = setTimeout(save, 5000);
    } finally {
      busy = false;
      if (again) {
        again = false;
        save();
      }
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    say("…");
    timer = setTimeout(save, 1000);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    kept = null;
  });
  window.addEventListener("beforeunload", (event) => {
    if (kept !== null && busy) event.preventDefault();
  });
})();
