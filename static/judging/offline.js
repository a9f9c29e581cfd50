// Keep the judge's page for when there is no line (needs https, or this very machine).
export async function keepPage(workerUrl, listUrl) {
  if (!window.isSecureContext || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(workerUrl);
    await navigator.serviceWorker.ready;
    const cache = await caches.open("judging-1");
    const files = performance
      .getEntriesByType("resource")
      .map((entry) => entry.name)
      .filter((name) => new URL(name).pathname.startsWith("/static/"));
    // the files this page asked for before the worker was there
    await Promise.all([...new Set(files), listUrl].map((url) => cache.add(url).catch(() => {})));
  } catch {
    // a private window or a full disk: the page works as before, only not without a line
  }
}
