// Keeps what was read, so that it can be read again without network. What is fresh always comes first.

const KEPT = "feed-1";
const PATIENCE = 5000; // ms for the network to answer, where there is a copy
const MOST = 120; // files and pages; the oldest go

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clear()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || request.headers.has("range")) return;
  // The interface has a cursor: a stored answer of it would be a lie. Films and recordings are too long to keep.
  if (/^\/(v1\/|healthz|readyz|metrics)/.test(pathname) || ["audio", "video"].includes(request.destination)) return;
  event.respondWith(answer(event));
});
// A page that has changed since it was loaded asks for its copy to be renewed.
addEventListener("message", (event) => event.data?.keep && event.waitUntil(keep(event.data.keep)));

async function answer(event) {
  const fresh = fetch(event.request).then(async (response) => {
    if (response.ok) event.waitUntil(store(event.request, response.clone()));
    return response;
  });
  // Who varies by origin or language answers the same reader alike.
  const copy = await caches.match(event.request, { ignoreVary: true });
  if (!copy) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, copy));
  return Promise.race([fresh.catch(() => copy), late]);
}

async function keep(address) {
  const response = await fetch(address, { cache: "no-store" }).catch(() => null);
  if (response?.ok) await store(address, response);
}

async function store(request, response) {
  const cache = await caches.open(KEPT);
  await cache.put(request, response);
  const keys = await cache.keys();
  const extra = keys.filter(({ url }) => !new URL(url).pathname.startsWith("/static/"));
  await Promise.all(extra.slice(0, Math.max(0, keys.length - MOST)).map((one) => cache.delete(one)));
}

async function clear() {
  for (const name of await caches.keys()) if (name.startsWith("feed-") && name !== KEPT) await caches.delete(name);
  await clients.claim();
}
