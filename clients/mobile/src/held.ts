/** Nothing that is being read moves: what is new waits while the reader is further down. */

import type { Entry } from "feed-live-client";
import { useCallback, useRef, useState } from "react";

export interface Held {
  shown: Entry[];
  /** How many wait above. */
  waiting: number;
}

/** `mark` is the newest entry that was shown, null to show all. Both lists are newest first. */
export function hold(entries: readonly Entry[], mark: Entry | null): Held {
  const shown = entries.filter((entry) => !mark || entry.id === mark.id || isOlder(entry, mark));
  return { shown, waiting: entries.length - shown.length };
}

function isOlder(one: Entry, other: Entry): boolean {
  return one.display_at === other.display_at ? one.id < other.id : one.display_at < other.display_at;
}

export interface Holding extends Held {
  /** The reader went to this distance from the top. */
  scrolledTo: (offset: number) => void;
  reveal: () => void;
}

const TOP = 40; // density-independent pixels that still count as the top

export function useHeld(entries: readonly Entry[]): Holding {
  const [mark, setMark] = useState<Entry | null>(null);
  const newest = useRef<Entry | null>(null);
  const held = hold(entries, mark);
  newest.current = held.shown[0] ?? null;
  const scrolledTo = useCallback((offset: number) => {
    setMark((before) => (offset <= TOP ? null : (before ?? newest.current)));
  }, []);
  const reveal = useCallback(() => setMark(null), []);
  return { ...held, scrolledTo, reveal };
}
