// A clicker or the arrow keys press the presenter's buttons.
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
  const steps = { ArrowRight: 0, PageDown: 0, ArrowLeft: 1, PageUp: 1, b: 2 };
  const forms = [...document.querySelectorAll("#presenter form")];
  const wanted = forms[steps[event.key]];
  if (!wanted || (steps[event.key] === 0 && wanted.dataset.confirm)) return;
  event.preventDefault();
  wanted.requestSubmit();
});
