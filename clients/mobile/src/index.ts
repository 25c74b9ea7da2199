import { AppRegistry } from "react-native";

import { App } from "./App";

// The native side starts it by this name, with `site` and `coverage` as initial properties.
AppRegistry.registerComponent("Feed", () => App);
