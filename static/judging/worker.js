// Over https (and on this machine) the judge's pages open without a line: the network first,
// what was seen last when there is none. Only the own list, the sheets and static files.
const CACHE = "judging-1";
const PAGE = /\/judging\/\d+\/(list|projects\/\d+)$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const isPage = request.mode === "navigate" && PAGE.test(url.pathname);
  if (isPage || url.pathname.startsWith("/static/")) event.respondWith(answer(request, isPage));
});

async function answer(request, isPage) {
  const cache = await caches.open(CACHE);
  try {
    const found = await fetch(request);
    if (found.ok && !found.redirected) await cache.put(request.url, found.clone());
    else if (isPage && found.status < 500) await forgetPages(cache); // signed out, or no seat now
    return found;
  } catch (error) {
    const list = request.url.replace(/projects\/\d+$/, "list");
    const kept = (await cache.match(request.url)) ?? (isPage ? await cache.match(list) : undefined);
    if (kept) return kept;
    throw error;
  }
}

async function forgetPages(cache) {
  for (const request of await cache.keys()) {
    if (PAGE.test(new URL(request.url).pathname)) await cache.delete(request);
  }
}
