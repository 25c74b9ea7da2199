// Page Up and Page Down walk from entry to entry while the keyboard is in the feed (WAI-ARIA practices, feed pattern).

export function walkByKeys(list) {
  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // Somebody who clicked into the text scrolls by these keys, as on any page.
    if (!list.querySelector(":focus-visible")) return;
    const article = event.target.closest("article");
    const step = { PageDown: "nextElementSibling", PageUp: "previousElementSibling" }[event.key];
    let to = step && article?.[step];
    while (to && (to.hidden || to.localName !== "article")) to = to[step];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
}
