import AsyncStorage from "@react-native-async-storage/async-storage";
import { appLifecycle, type Entry, type FollowOptions } from "feed-live-client";
import { useFeed } from "feed-live-client/react";
import { useMemo, useRef } from "react";
import {
  AccessibilityInfo,
  ActivityIndicator,
  AppState,
  FlatList,
  Linking,
  Pressable,
  StyleSheet,
  Text,
  View,
} from "react-native";

import { EntryCard } from "./EntryCard";
import { useHeld } from "./held";
import { Masthead } from "./Masthead";
import { useTheme } from "./theme";
import { WORDS } from "./words";

/** One coverage, followed for as long as this screen is there: in the background the connection rests. */
export function CoverageScreen({ site, coverage }: { site: string; coverage: string }) {
  const theme = useTheme();
  const list = useRef<FlatList<Entry>>(null);
  const options = useMemo<FollowOptions>(() => ({ storage: AsyncStorage, lifecycle: appLifecycle(AppState) }), []);
  const feed = useFeed(site, coverage, options);
  const { shown, waiting, scrolledTo, reveal } = useHeld(feed.entries);
  const head = feed.coverage;

  const showNewest = () => {
    reveal();
    list.current?.scrollToOffset({ offset: 0, animated: true });
    AccessibilityInfo.announceForAccessibility(WORDS.newUpdates(waiting));
  };

  return (
    <View style={[styles.screen, { backgroundColor: theme.paper }]}>
      <FlatList
        ref={list}
        data={shown}
        keyExtractor={({ id }) => id}
        renderItem={({ item }) => <EntryCard entry={item} pinned={item.id === head?.pin} site={site} />}
        ListHeaderComponent={<Masthead coverage={head} state={feed.state} error={feed.error} />}
        ListEmptyComponent={
          head ? <Text style={[styles.empty, { color: theme.quiet }]}>{WORDS.nothingYet}</Text> : <ActivityIndicator />
        }
        ListFooterComponent={feed.hasOlder ? <Older load={feed.loadOlder} /> : <View style={styles.foot} />}
        onScroll={({ nativeEvent }) => scrolledTo(nativeEvent.contentOffset.y)}
        scrollEventThrottle={16} // until it is told, what comes would push down what is being read
        maintainVisibleContentPosition={{ minIndexForVisible: 1 }}
      />
      {waiting > 0 ? (
        <Pressable
          accessibilityRole="button"
          onPress={showNewest}
          style={[styles.pill, { backgroundColor: theme.accent }]}
        >
          <Text style={[styles.pillText, { color: theme.card }]}>{WORDS.newUpdates(waiting)}</Text>
        </Pressable>
      ) : null}
      {head?.successor && feed.state === "ended" ? (
        <Successor title={head.successor.title} url={new URL(head.successor.url, site).href} />
      ) : null}
    </View>
  );
}

function Older({ load }: { load: () => Promise<unknown> }) {
  const theme = useTheme();
  return (
    <Pressable accessibilityRole="button" onPress={() => void load().catch(() => {})} style={styles.older}>
      <Text style={[styles.olderText, { color: theme.accent }]}>{WORDS.older}</Text>
    </Pressable>
  );
}

function Successor({ title, url }: { title: string; url: string }) {
  const theme = useTheme();
  return (
    <Pressable
      accessibilityRole="link"
      onPress={() => void Linking.openURL(url)}
      style={[styles.successor, { backgroundColor: theme.card, borderColor: theme.rule }]}
    >
      <Text style={{ color: theme.quiet }}>{WORDS.continues}</Text>
      <Text style={[styles.olderText, { color: theme.accent }]}>{title}</Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  screen: { flex: 1 },
  empty: { padding: 32, fontSize: 17, textAlign: "center" },
  foot: { height: 48 },
  pill: {
    position: "absolute",
    top: 12,
    alignSelf: "center",
    minHeight: 44,
    justifyContent: "center",
    paddingHorizontal: 20,
    borderRadius: 22,
  },
  pillText: { fontSize: 16, fontWeight: "700" },
  older: { minHeight: 64, alignItems: "center", justifyContent: "center" },
  olderText: { fontSize: 16, fontWeight: "700" },
  successor: { padding: 16, borderTopWidth: StyleSheet.hairlineWidth },
});
