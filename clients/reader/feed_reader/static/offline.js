// Makes the page readable without network, and keeps the copy of it up to date. Loaded after everything else.

const EVERY = 60_000; // ms between two copies of a page that goes on changing

/** Returns what to call when the page has changed. */
export async function keepOffline() {
  if (!navigator.serviceWorker) return () => {};
  const { active } = await navigator.serviceWorker.register("/worker.js", { scope: "/" });
  const worker = active ?? (await navigator.serviceWorker.ready).active;
  let stale = false;
  let last = Date.now();
  const keep = () => {
    if (!stale) return;
    stale = false;
    last = Date.now();
    worker.postMessage({ keep: location.pathname });
  };
  // On the first visit it took over too late to see what the page is made of.
  if (!active) {
    const parts = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
    const own = parts.filter((url) => url.origin === location.origin && /^\/(static|demo)\//.test(url.pathname));
    for (const address of [location.pathname, ...own.map(({ pathname }) => pathname)]) worker.postMessage({ keep: address });
  }
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());
  return () => {
    stale = true;
    if (Date.now() - last > EVERY) keep();
  };
}
