// A coverage as a React hook, for the web and React Native.

import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { follow } from "./follow.js";
import { Timeline } from "./timeline.js";

/**
 * What a component draws; another object whenever something changed.
 * @typedef {object} Feed
 * @property {import("./shapes.js").Entry[]} entries newest first
 * @property {import("./shapes.js").Coverage|null} coverage the head; null before it came
 * @property {import("./shapes.js").Entry|null} pinned
 * @property {boolean} ended
 * @property {import("./shapes.js").Successor|null} successor
 * @property {import("./shapes.js").State} state
 * @property {number|null} audience
 * @property {import("./errors.js").FeedError|null} error why it was refused
 * @property {string|null} cursor
 * @property {boolean} hasOlder whether there are entries below, for `loadOlder`
 * @property {(limit?: number) => Promise<boolean>} loadOlder
 */

/**
 * Follows a coverage as long as the component is there.
 *
 *     const { entries, state } = useFeed("https://live.example", "budget-2026");
 *
 * Another url or coverage begins anew; of the options `token` may change at any time, the others count at the beginning.
 * `snapshot` is drawn on the server and first in the browser.
 *
 * @param {string} url
 * @param {string} coverage
 * @param {import("./follow.js").FollowOptions} [options]
 * @returns {Feed}
 */
export function useFeed(url, coverage, options = {}) {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the other options count at the beginning only
  const source = useMemo(() => new Source(url, coverage, options, () => latest.current), [url, coverage]);
  const shown = useSyncExternalStore(source.subscribe, source.read, source.read);
  const loadOlder = useCallback((/** @type {number} */ limit = 50) => source.loadOlder(limit), [source]);
  return useMemo(() => ({ ...shown, loadOlder }), [shown, loadOlder]);
}

/** One coverage for one component. Subscribed to again, it goes on with the timeline that it has. */
class Source {
  #url;
  #coverage;
  #first;
  #options;
  #timeline;
  /** @type {import("./follow.js").Following|null} */
  #following = null;
  /** @type {Omit<Feed, "loadOlder">} */
  #shown;

  /**
   * @param {string} url
   * @param {string} coverage
   * @param {import("./follow.js").FollowOptions} first
   * @param {() => import("./follow.js").FollowOptions} options
   */
  constructor(url, coverage, first, options) {
    this.#url = url;
    this.#coverage = coverage;
    this.#first = first;
    this.#options = options;
    this.#timeline = first.timeline ?? new Timeline();
    if (first.snapshot) this.#timeline.apply(first.snapshot);
    this.#shown = this.#draw();
  }

  read = () => this.#shown;

  subscribe = (/** @type {() => void} */ redraw) => {
    const { token } = this.#options();
    const { after } = this.#first;
    const following = follow(this.#url, this.#coverage, {
      ...this.#options(),
      snapshot: undefined,
      timeline: this.#timeline,
      after: this.#timeline.cursor ?? after,
      token: typeof token === "function" ? () => /** @type {() => string} */ (this.#options().token)() : token,
    });
    this.#following = following;
    const change = () => {
      this.#shown = this.#draw();
      redraw();
    };
    /** @type {("change"|"state"|"audience")[]} */
    const types = ["change", "state", "audience"];
    const offs = types.map((type) => following.on(type, change));
    return () => {
      for (const off of offs) off();
      following.close();
    };
  };

  /** @param {number} limit */
  async loadOlder(limit) {
    return (await this.#following?.loadOlder(limit)) ?? false;
  }

  #draw() {
    const { entries, coverage, pinned, ended, successor, cursor, next } = this.#timeline;
    const { state = "connecting", audience = null, error = null } = this.#following ?? {};
    return { entries, coverage, pinned, ended, successor, cursor, hasOlder: next !== null, state, audience, error };
  }
}
