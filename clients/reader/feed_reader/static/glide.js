// What moves on the screen moves by gliding, so that an eye can follow it. It is laid out at its new place at once.

const LASTS = 320; // ms
const EASING = "cubic-bezier(0.2, 0, 0, 1)";

let running = [];
let underWay = null;

/** Until what glides has arrived and was drawn there: a change before that would make it jump. Null where nothing does. */
export function arrived() {
  return underWay;
}

/** Gliding is drawn without the page's own thread: a move is counted from where that thread last saw what moves. */
async function arrive(animations) {
  await Promise.allSettled(animations.map(({ finished }) => finished));
  await document.documentElement.animate(null, 1).finished; // one frame later
}

/**
 * @param {{element: Element, top: number, bottom: number}[]} marks
 *   what was on the screen and around it, in the order of the document, and where it was seen
 * @param {Element[]} fresh  what was not there before
 */
export function glide(marks, fresh) {
  // What is still under way goes on from where it is.
  for (const animation of running) animation.cancel();
  running = [];
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || document.visibilityState !== "visible") return;
  const moves = new Map();
  for (const { element, top } of marks) {
    if (element.isConnected) moves.set(element, element.getBoundingClientRect().top - top);
  }
  const isSeen = (top, bottom) => top < innerHeight && bottom > 0;
  for (const { element, top, bottom } of marks) {
    const moved = moves.get(element);
    if (moved === undefined || !(isSeen(top, bottom) || isSeen(top + moved, bottom + moved))) continue;
    const own = moved - (moves.get(holderOf(element, moves)) ?? 0);
    if (Math.abs(own) < 1) continue;
    const frames = [{ transform: `translateY(${-own}px)` }, { transform: "none" }];
    running.push(element.animate(frames, { duration: LASTS, easing: EASING }));
  }
  if (!running.length) return;
  const patience = new Promise((done) => setTimeout(done, 2 * LASTS)); // in a tab nobody sees nothing arrives
  const waited = Promise.race([arrive(running), patience]).then(() => {
    if (underWay === waited) underWay = null;
  });
  underWay = waited;
  for (const element of fresh) element.animate({ opacity: [0, 0, 1] }, { duration: 2 * LASTS });
}

function holderOf(element, among) {
  for (let one = element.parentElement; one; one = one.parentElement) if (among.has(one)) return one;
  return null;
}
