import { AppRegistry } from "react-native";

import { App } from "./App";

// As a page: ?site=http://127.0.0.1:8000&coverage=…
const { document, location } = globalThis as unknown as {
  document: { getElementById(id: string): unknown };
  location: { search: string };
};
const { site, coverage } = Object.fromEntries(new URLSearchParams(location.search));
AppRegistry.registerComponent("Feed", () => App);
AppRegistry.runApplication("Feed", {
  rootTag: document.getElementById("root"),
  initialProps: { site, coverage },
} as never);
