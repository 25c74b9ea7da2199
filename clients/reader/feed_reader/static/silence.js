// Dead air: how long nothing has come, where that is long.

import { ago, say } from "./words.js";

const LONG = 10; // minutes

function clockOf(at) {
  return new Date(at).toTimeString().slice(0, 5);
}

/** "Last update 14 minutes ago"; empty while it is not long ago. */
export function silence(articles) {
  const newest = articles.reduce((latest, { dataset }) => (dataset.at > latest ? dataset.at : latest), "");
  const minutes = newest ? Math.floor((Date.now() - Date.parse(newest)) / 60_000) : 0;
  return minutes < LONG ? "" : say("last_update", { ago: ago(minutes) || clockOf(newest) });
}
