// Passes the address of an entry on: by what the device has for it, else by the clipboard. Loaded when a reader asks.

/** @returns {Promise<boolean>} whether the address was copied, and the reader should be told */
export async function share(title, url) {
  if (navigator.share) {
    try {
      await navigator.share({ title, url });
      return false;
    } catch (error) {
      if (error.name === "AbortError") return false; // the reader thought better of it
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    return true;
  } catch {
    return copied(url); // no clipboard on pages without TLS
  }
}

function copied(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  const before = document.activeElement;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return done;
}
