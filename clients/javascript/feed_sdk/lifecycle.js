// When the device sleeps, wakes and changes its network, as browsers and React Native tell it.

/**
 * What is told: a Connection, or what `follow` gives.
 * @typedef {object} Followed
 * @property {() => void} probe
 * @property {() => void} suspend
 * @property {() => void} lost
 */
/**
 * Begins to listen; what it returns ends that.
 * @typedef {(followed: Followed) => () => void} Lifecycle
 */

/**
 * A browser's page: `visibilitychange`, `pagehide`, `pageshow`, `online`, `offline`. Elsewhere it does nothing.
 * @type {Lifecycle}
 */
export function pageLifecycle(followed) {
  const { document, addEventListener, removeEventListener } = globalThis;
  if (!document || !addEventListener) return () => {};
  /** @param {Event} event */
  const hear = (event) => {
    const isNew = event.type === "pageshow" && !(/** @type {PageTransitionEvent} */ (event).persisted);
    if (isNew) return; // nothing has slept
    if (event.type === "offline") followed.lost();
    else if (event.type === "pagehide") followed.suspend();
    else if (event.type !== "visibilitychange" || document.visibilityState === "visible") followed.probe();
  };
  const names = ["online", "offline", "pagehide", "pageshow"];
  for (const name of names) addEventListener(name, hear);
  document.addEventListener("visibilitychange", hear);
  return () => {
    for (const name of names) removeEventListener(name, hear);
    document.removeEventListener("visibilitychange", hear);
  };
}

/**
 * React Native: `appLifecycle(AppState)`, and with `@react-native-community/netinfo` `appLifecycle(AppState, NetInfo)`.
 * In the background the connection is let go of, which saves the battery; the cursor is kept.
 * @param {{addEventListener: (type: "change", listener: (state: any) => void) => {remove(): void}}} appState
 * @param {{addEventListener: (listener: (state: {isConnected: boolean | null}) => void) => () => void}} [netInfo]
 * @returns {Lifecycle}
 */
export function appLifecycle(appState, netInfo) {
  return (followed) => {
    let isActive = true;
    let isConnected = true;
    const states = appState.addEventListener("change", (state) => {
      if (state !== "active" && state !== "background") return; // a notification over the app, a call coming in
      isActive = state === "active";
      if (isActive) followed.probe();
      else followed.suspend();
    });
    const forget = netInfo?.addEventListener((network) => {
      const before = isConnected;
      isConnected = network.isConnected !== false;
      if (!isActive || before === isConnected) return;
      if (isConnected) followed.probe();
      else followed.lost();
    });
    return () => {
      states.remove();
      forget?.();
    };
  };
}
