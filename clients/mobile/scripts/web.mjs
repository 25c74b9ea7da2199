// node scripts/web.mjs FOLDER   makes the app as a web page there.

import { copyFile, mkdir } from "node:fs/promises";

import { bundle } from "./bundle.mjs";

const [folder = "build"] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await bundle({ entryPoints: ["src/index.web.ts"], outfile: `${folder}/app.js`, platform: "browser", minify: true });
await copyFile("scripts/index.html", `${folder}/index.html`);
