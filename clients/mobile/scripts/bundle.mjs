// The app's sources for a machine without a phone: React Native for Web in place of the native views.

import { resolve } from "node:path";

import { build } from "esbuild";

/** @param {Partial<import("esbuild").BuildOptions>} options */
export function bundle(options) {
  return build({
    bundle: true,
    format: "esm",
    jsx: "automatic",
    alias: {
      "react-native": "react-native-web",
      // One React for all: the client beside this app has its own to test itself with.
      react: resolve("node_modules/react"),
    },
    // What a platform's own bundler does: the file for the web comes first.
    resolveExtensions: [".web.ts", ".web.tsx", ".ts", ".tsx", ".js", ".mjs", ".json"],
    define: { "process.env.NODE_ENV": '"production"', __DEV__: "false" },
    logLevel: "warning",
    ...options,
  });
}
