// Times: first as the server writes them (GMT, and the newsroom's zone), then with the reader's own zone.

import { el } from "./element.js";
import { month, say } from "./words.js";

const formats = new Map(); // by zone: making one costs more than using it a hundred times

function formatIn(zone) {
  if (!formats.has(zone)) {
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" };
    const format = new Intl.DateTimeFormat("en-u-nu-latn-ca-gregory", { timeZone: zone, hourCycle: "h23", ...parts });
    formats.set(zone, format);
  }
  return formats.get(zone);
}

/** A browser may be older than a zone's name. GMT is always right. */
function isKnown(zone) {
  try {
    return formatIn(zone);
  } catch {
    return false;
  }
}

/** The parts of a moment in a zone; without one, in the reader's own, with the offset of that moment's date. */
function partsIn(zone, at) {
  const found = Object.fromEntries(formatIn(zone).formatToParts(new Date(at)).map((part) => [part.type, part.value]));
  return {
    date: say("date", { day: found.day, month: month(found.month), year: found.year }),
    clock: `${found.hour}:${found.minute}`,
  };
}

/** How the server writes times, in the newsroom's zone (empty: GMT alone). `feed/pages/times.py` is its twin. */
export class Clock {
  constructor(zone) {
    this.zone = zone && isKnown(zone) ? zone : null;
    this.place = this.zone?.split("/").at(-1).replaceAll("_", " ") ?? "";
  }

  full(at) {
    const own = partsIn(this.zone ?? "UTC", at);
    return el("time", { class: "when", datetime: at }, [
      el("span", { class: "when-date" }, own.date),
      " ",
      el("b", { class: "when-own" }, this.#own(own)),
      " ",
      el("span", { class: "when-gmt" }, this.zone ? `(${partsIn("UTC", at).clock} GMT)` : ""),
    ]);
  }

  /** Beside another time: with its date only where that is not the same. */
  short(at, beside) {
    const own = partsIn(this.zone ?? "UTC", at);
    const same = own.date === partsIn(this.zone ?? "UTC", beside).date;
    return el("time", { class: "when when-short", datetime: at, "data-beside": beside }, [
      el("span", { class: "when-date" }, same ? "" : own.date),
      " ",
      el("b", { class: "when-own" }, this.#own(own)),
    ]);
  }

  #own(parts) {
    return this.zone ? `${parts.clock} ${this.place}` : `${parts.clock} GMT`;
  }

  /** Turns every time below `root` into the reader's own, with GMT beside it and the newsroom's on its title. */
  localise(root) {
    for (const time of root.querySelectorAll("time.when:not([data-own])")) {
      const at = time.dateTime;
      const own = partsIn(undefined, at);
      const gmt = partsIn("UTC", at);
      time.dataset.own = "";
      time.querySelector(".when-own").textContent = own.clock;
      const date = time.querySelector(".when-date");
      const beside = time.querySelector(".when-gmt");
      if (beside) {
        date.textContent = own.date;
        beside.textContent = `(${gmt.clock} GMT)`;
      } else {
        date.textContent = partsIn(undefined, time.dataset.beside).date === own.date ? "" : own.date;
      }
      const title = [];
      if (!beside || gmt.date !== own.date) title.push(`${gmt.date}, ${gmt.clock} GMT`);
      if (this.zone) {
        const there = partsIn(this.zone, at);
        title.push(say("newsroom_time", { time: there.clock, place: this.place }));
      }
      if (title.length) time.title = title.join(" · ");
    }
  }
}
