// A picture that does not load: its words in the room that it keeps, as where there is no picture.

import { el } from "./element.js";
import { say } from "./words.js";

const failed = new Set(); // addresses: an entry that is rendered again is what it was

/** What stands over such a picture. */
export function gap(url, alt) {
  if (!failed.has(url)) return null;
  return el("div", { class: "picture-gap" }, [
    el("p", { class: "picture-note" }, say("no_picture")),
    alt && el("p", { class: "picture-alt" }, alt),
  ]);
}

/** Hears of every picture below `root`, also of those that failed earlier. `keep` runs what changes the page. */
export function watchPictures(root, keep) {
  const show = (image, loaded) => {
    if (!image.matches(".picture > img")) return;
    const url = image.getAttribute("src");
    const old = image.parentElement.querySelector(".picture-gap");
    if (loaded) failed.delete(url);
    else failed.add(url);
    if (loaded && old) keep(() => old.remove());
    else if (!loaded && !old) keep(() => image.after(gap(url, image.alt)));
  };
  root.addEventListener("load", ({ target }) => show(target, true), true);
  root.addEventListener("error", ({ target }) => show(target, false), true);
  for (const image of root.querySelectorAll("img")) {
    // A drawing may have no width, though it is there.
    if (image.complete && !image.naturalWidth) image.decode().catch(() => show(image, false));
  }
}
