// The page's own words. The server puts those of the page's language into a data block.

let words = null;

/** Other words than the page's: for an element in the page of somebody else. They hold until the next call. */
export function speak(others, language) {
  words = others;
  spoken = language;
}

let spoken = null;
export const language = () => spoken ?? (document.documentElement.lang || "en");

function all() {
  words ??= JSON.parse(document.getElementById("words").textContent);
  return words;
}

/** The words under `key`, with {names} replaced. */
export function say(key, values = {}) {
  return fillIn(all()[key], values);
}

/** As `say`, in the form that the language has for `n`. */
export function count(key, n) {
  const forms = all()[key];
  const form = new Intl.PluralRules(language()).select(n);
  // In the digits of the page's times.
  return fillIn(forms[form] ?? forms.other, { n: n.toLocaleString(`${language().split("-u-")[0]}-u-nu-latn`) });
}

/** "14 minutes ago", in the largest unit that is not too coarse. */
export function ago(minutes) {
  const [n, unit] =
    minutes < 120 ? [minutes, "minute"] : minutes < 2880 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
  // Browsers have no words for some languages, and would take their own.
  if (!Intl.RelativeTimeFormat.supportedLocalesOf(language()).length) return "";
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "always" });
  return format.format(-Math.floor(n), unit);
}

export function month(number) {
  return all().months[number - 1];
}

function fillIn(pattern, values) {
  let text = pattern;
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{${name}}`, () => String(value));
  return text;
}

const RIGHT_TO_LEFT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"]);
const SCRIPTS_FROM_THE_RIGHT = new Set(["arab", "hebr", "syrc", "thaa", "nkoo", "adlm"]);

/** `rtl` or `ltr` for a BCP 47 tag. A script in the tag decides, else the language does. */
export function directionOf(language) {
  const [primary, ...rest] = language.toLowerCase().split("-");
  const script = rest.find((part) => /^[a-z]{4}$/.test(part));
  if (script) return SCRIPTS_FROM_THE_RIGHT.has(script) ? "rtl" : "ltr";
  return RIGHT_TO_LEFT.has(primary) ? "rtl" : "ltr";
}
