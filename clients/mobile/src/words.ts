/** Everything the app says by itself. */

import type { State } from "feed-live-client";

export const STATES: Readonly<Record<State, string>> = {
  connecting: "Connecting…",
  live: "Updating live",
  delayed: "Updates are delayed",
  reconnecting: "Reconnecting…",
  offline: "You are offline",
  ended: "Closed",
  closed: "",
  refused: "This coverage cannot be followed",
};

export const VERIFICATIONS = {
  confirmed: (by?: string) => (by ? `Confirmed by ${by}` : "Confirmed"),
  unverified: (by?: string) => (by ? `Not verified by ${by}` : "Not independently verified"),
  claim: (by?: string) => (by ? `Claim by ${by}` : "Claim"),
};

export const WORDS = {
  keyEvent: "Key event",
  keyPoints: "Key points",
  pinned: "Pinned",
  withdrawn: "Withdrawn",
  correction: "Correction",
  closed: "This live page has now been closed.",
  continues: "Coverage continues here:",
  nothingYet: "No updates yet.",
  older: "Older updates",
  loading: "Loading…",
  notify: "Notify me",
  notified: "Notifications are on",
  notDenied: "Notifications are off in this device's settings",
  newUpdates: (n: number) => (n === 1 ? "1 new update" : `${n} new updates`),
  beginsAt: (time: string) => `Coverage begins at ${time}`,
};

/** An editorial time in the reader's own zone; with the date where it is not today's. */
export function shownTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const today = at.toDateString() === now.toDateString();
  const day: Intl.DateTimeFormatOptions = today ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", ...day }).format(at);
}
