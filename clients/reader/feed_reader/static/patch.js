// Changes an element into another one while touching only what differs: a paragraph being read, a film being played,
// a link that has the focus stay the same nodes.

// Set by the page after rendering; a fresh rendering does not know them.
const KEPT = new Set(["aria-posinset", "aria-setsize", "aria-current", "data-left"]);

/** Makes `old` equal to `fresh`, whose nodes may be taken over. Both have the same tag. */
export function patch(old, fresh) {
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patchChildren(old, fresh);
}

/** As `patch`, for what is inside. */
export function patchChildren(old, fresh) {
  const have = [...old.childNodes].filter((node) => !dropBlank(node));
  const want = [...fresh.childNodes];
  let at = 0;
  want.forEach((node, index) => {
    const equal = have.findIndex((candidate, place) => place >= at && candidate.isEqualNode(node));
    if (equal >= 0) {
      while (at < equal) have[at++].remove();
      at++;
    } else if (at < have.length && alike(have[at], node) && !keptLater(have[at], want, index)) {
      if (node.nodeType === Node.ELEMENT_NODE) patch(have[at], node);
      else have[at].data = node.data;
      at++;
    } else {
      old.insertBefore(node, have[at] ?? null);
    }
  });
  while (at < have.length) have[at++].remove();
}

/** White space between elements, which the server's markup has for people who read it, is in nobody's way but here. */
function dropBlank(node) {
  const blank = node.nodeType === Node.TEXT_NODE && !node.data.trim();
  if (blank) node.remove();
  return blank;
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function keptLater(node, want, index) {
  return want.some((other, place) => place > index && node.isEqualNode(other));
}
