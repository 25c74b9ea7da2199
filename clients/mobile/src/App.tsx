import { SafeAreaView, StatusBar, StyleSheet } from "react-native";

import { CoverageScreen } from "./CoverageScreen";
import { useTheme } from "./theme";

/** `site` is the server's address, `coverage` the id of the live page. */
export function App({ site, coverage }: { site: string; coverage: string }) {
  const theme = useTheme();
  return (
    <SafeAreaView style={[styles.app, { backgroundColor: theme.paper }]}>
      <StatusBar />
      <CoverageScreen key={`${site} ${coverage}`} site={site} coverage={coverage} />
    </SafeAreaView>
  );
}

const styles = StyleSheet.create({ app: { flex: 1 } });
