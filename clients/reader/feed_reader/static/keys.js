// Page Up and Page Down walk from entry to entry while the keyboard is in the feed (WAI-ARIA practices, feed pattern).

export function walkByKeys(list) {
  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // Somebody who clicked into the text scrolls by these keys, as on any page.
    if (!list.querySelector(":focus-visible")) return;
    const article = event.target.closest("article");
    const to = { PageDown: article?.nextElementSibling, PageUp: article?.previousElementSibling }[event.key];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
}
