// Elements from data. Everything is text here; HTML that the server sanitised goes through `html()` alone.

/**
 * @param {string} tag
 * @param {Object<string, string|number|boolean|null|undefined>} attributes  true: without a value; null, false: left out
 * @param {...(Node|string|null|undefined|false|Array)} children
 */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  append(element, children);
  return element;
}

/** An element around HTML that the server has sanitised. */
export function html(tag, attributes, sanitised) {
  const element = el(tag, attributes);
  element.innerHTML = sanitised;
  return element;
}

/** Replaces what is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child || child === 0) element.append(child);
  }
}
