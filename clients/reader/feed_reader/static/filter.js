// Which entries a reader wants to see: all, key events, or those under one label.

import { el } from "./element.js";
import { say } from "./words.js";

const MOST = 12; // buttons besides "all": more are not looked through

export class Filter {
  /** @param {(takes: (entry: {key_event?: boolean, labels?: string[]}) => boolean, all: boolean) => void} onChange */
  constructor(place, onChange) {
    this.place = place;
    this.onChange = onChange;
    this.group = document.getElementById("filter");
    this.group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.#choose(button);
    });
  }

  /** What may be chosen grows with what comes. */
  offer(entry) {
    if (entry.key_event) this.#add("key", "", say("key_events"));
    for (const label of entry.labels ?? []) this.#add("label", label, label);
  }

  #add(by, label, text) {
    const buttons = [...this.group.querySelectorAll("button")];
    if (buttons.some(({ dataset }) => dataset.by === by && dataset.label === label)) return;
    if (by === "label" && buttons.length > MOST) return;
    const button = el("button", { type: "button", "data-by": by, "data-label": label, "aria-pressed": "false" }, text);
    this.place.keep(() => {
      if (by === "key") buttons[0].after(button);
      else this.group.append(button);
      this.group.hidden = false;
    });
  }

  #choose(chosen) {
    const { by, label } = chosen.dataset;
    for (const button of this.group.querySelectorAll("button")) button.ariaPressed = String(button === chosen);
    const takes = {
      all: () => true,
      key: (entry) => Boolean(entry.key_event),
      label: (entry) => (entry.labels ?? []).includes(label),
    };
    this.onChange(takes[by], by === "all");
  }
}
