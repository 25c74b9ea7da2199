// What changed between two texts, word by word.

const LARGEST = 4_000_000; // cells of the table: beyond that whole texts are shown as replaced

/**
 * @param {string} before
 * @param {string} after
 * @returns {{kind: "same"|"ins"|"del", text: string}[]} runs in reading order; joined without "del" they give `after`
 */
export function diffWords(before, after) {
  const old = before.match(/\s+|[^\s]+/g) ?? [];
  const fresh = after.match(/\s+|[^\s]+/g) ?? [];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++;
  let end = 0;
  while (end < old.length - start && end < fresh.length - start && old.at(-1 - end) === fresh.at(-1 - end)) end++;
  const runs = [];
  const add = (kind, text) => {
    if (!text) return;
    const last = runs.at(-1);
    if (last?.kind === kind) last.text += text;
    else runs.push({ kind, text });
  };
  add("same", old.slice(0, start).join(""));
  for (const [kind, text] of between(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end))) {
    add(kind, text);
  }
  add("same", end ? fresh.slice(-end).join("") : "");
  return tidy(runs);
}

/** Longest common subsequence of the middle. */
function* between(old, fresh) {
  const width = fresh.length + 1;
  if (old.length * width > LARGEST) {
    yield ["del", old.join("")];
    yield ["ins", fresh.join("")];
    return;
  }
  const longest = new Uint16Array((old.length + 1) * width);
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = fresh.length - 1; column >= 0; column--) {
      const at = row * width + column;
      longest[at] =
        old[row] === fresh[column] ? longest[at + width + 1] + 1 : Math.max(longest[at + width], longest[at + 1]);
    }
  }
  let row = 0;
  let column = 0;
  while (row < old.length || column < fresh.length) {
    const at = row * width + column;
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      yield ["same", old[row++]];
      column++;
    } else if (row < old.length && (column === fresh.length || longest[at + width] >= longest[at + 1])) {
      yield ["del", old[row++]];
    } else {
      yield ["ins", fresh[column++]];
    }
  }
}

/** A space alone between two changes is no reason to tear them apart: whole phrases read better. */
function tidy(runs) {
  const phrases = [];
  let del = "";
  let ins = "";
  const flush = () => {
    if (del) phrases.push({ kind: "del", text: del });
    if (ins) phrases.push({ kind: "ins", text: ins });
    del = ins = "";
  };
  runs.forEach(({ kind, text }, index) => {
    if (kind === "del") del += text;
    else if (kind === "ins") ins += text;
    else if ((del || ins) && index < runs.length - 1 && /^[ \t]+$/.test(text)) {
      del += text;
      ins += text;
    } else {
      flush();
      phrases.push({ kind, text });
    }
  });
  flush();
  return phrases;
}
