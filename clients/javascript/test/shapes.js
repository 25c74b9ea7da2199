// Whether the types say what a schema says. The compiler answers: types are nowhere when the program runs.

import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** @typedef {{properties?: Record<string, unknown>, required?: string[]}} Schema */
/**
 * One type, and the fields that it has on the wire; `always`: those that are never left out.
 * @typedef {{module: string, type: string, fields: string[], always: string[]}} Expected
 */

/** Several kinds under one type: what one of them may lack, the type may lack. @returns {{fields: string[], always: string[]}} */
export function fieldsOf(/** @type {Schema[]} */ ...schemas) {
  const fields = new Set(schemas.flatMap(({ properties = {} }) => Object.keys(properties)));
  const always = [...fields].filter((field) => schemas.every(({ required = [] }) => required.includes(field)));
  return { fields: [...fields], always };
}

const union = (/** @type {string[]} */ names) => names.map((name) => JSON.stringify(name)).join(" | ") || "never";

/** Of code that uses the sources as the package, what the compiler says; empty where it is content. */
export async function complaints(/** @type {string} */ code, name = "check.ts") {
  const folder = await mkdtemp(join(tmpdir(), "feed-types-"));
  try {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{"type": "module"}');
    await writeFile(join(folder, name), code);
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const checks = "--strict --noEmit --allowJs --skipLibCheck --module nodenext --jsx react-jsx".split(" ");
    const known = "--target es2022 --lib es2022,dom,dom.iterable --types node".split(" ");
    await run(process.execPath, [tsc, ...checks, ...known, name], { cwd: folder });
    return "";
  } catch (error) {
    return /** @type {any} */ (error).stdout || String(error);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the types say otherwise: empty where they agree. */
export function differences(/** @type {Expected[]} */ expected) {
  const lines = expected.map(({ module, type, fields, always }) => {
    const [shape, all, needed] = [`import("${root}feed_sdk/${module}.js").${type}`, union(fields), union(always)];
    /** What is wrong becomes a field that `{}` has not, which the compiler names. @type {(what: string, of: string) => string} */
    const none = (what, of) => `{ const nothing: Record<\`${what} ${type}.${"${"}${of} & string}\`, 1> = {}; }`;
    return [
      none("lacks", `Exclude<${all}, keyof ${shape}>`),
      none("invents", `Exclude<keyof ${shape}, ${all}>`),
      none("promises", `Exclude<Needed<${shape}>, ${needed}>`),
      none("doubts", `Exclude<${needed}, Needed<${shape}>>`),
    ].join("\n");
  });
  const needed = "type Needed<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T];";
  return complaints(`${needed}\n${lines.join("\n")}\nexport {};\n`);
}
