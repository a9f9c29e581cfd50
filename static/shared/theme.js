// Light, dark or automatic; runs before the first paint, so that nothing flashes.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem("theme") || "auto";
  const show = () => {
    const theme = chosen() === "auto" ? (dark.matches ? "dark" : "light") : chosen();
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.documentElement.setAttribute("data-bs-theme-primary", "indigo");
    document.documentElement.setAttribute("data-bs-theme-base", "gray");
  };
  show();
  dark.addEventListener("change", show);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const next = { auto: "dark", dark: "light", light: "auto" }[chosen()];
    localStorage.setItem("theme", next);
    show();
  });
})();
