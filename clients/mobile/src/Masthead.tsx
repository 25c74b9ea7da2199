import type { Coverage, FeedError, State } from "feed-live-client";
import { Pressable, StyleSheet, Text, View } from "react-native";

import { usePush } from "./push";
import { RichText } from "./RichText";
import { useTheme } from "./theme";
import { STATES, shownTime, WORDS } from "./words";

interface Shown {
  coverage: Coverage | null;
  state: State;
  error: FeedError | null;
}

/** The head of the page: where it stands, its title, standfirst and key points. */
export function Masthead({ coverage, state, error }: Shown) {
  const theme = useTheme();
  return (
    <View style={styles.head}>
      <Text accessibilityLiveRegion="polite" style={[styles.state, { color: theme.accent }]}>
        {error ? error.message : STATES[state]}
      </Text>
      {coverage ? (
        <>
          <Text accessibilityRole="header" style={[styles.title, { color: theme.ink }]}>
            {coverage.title}
          </Text>
          {coverage.summary ? <RichText html={coverage.summary} /> : null}
          {coverage.status === "scheduled" && coverage.starts_at ? (
            <Text style={[styles.banner, { color: theme.ink, borderColor: theme.rule }]}>
              {WORDS.beginsAt(shownTime(coverage.starts_at))}
            </Text>
          ) : null}
          {coverage.status === "ended" ? (
            <Text style={[styles.banner, { color: theme.ink, borderColor: theme.accent }]}>{WORDS.closed}</Text>
          ) : (
            <NotifyButton />
          )}
          <KeyPoints points={coverage.key_points ?? []} />
        </>
      ) : null}
    </View>
  );
}

function KeyPoints({ points }: { points: readonly string[] }) {
  const theme = useTheme();
  if (points.length === 0) return null;
  return (
    <View style={[styles.points, { borderColor: theme.rule }]}>
      <Text accessibilityRole="header" aria-level={2} style={[styles.pointsTitle, { color: theme.ink }]}>
        {WORDS.keyPoints}
      </Text>
      <RichText html={`<ul>${points.map((point) => `<li>${point}</li>`).join("")}</ul>`} />
    </View>
  );
}

function NotifyButton() {
  const theme = useTheme();
  const { permission, ask } = usePush();
  if (permission === "unavailable") return null;
  if (permission !== "unasked") {
    return (
      <Text style={[styles.notified, { color: theme.quiet }]}>
        {permission === "granted" ? WORDS.notified : WORDS.notDenied}
      </Text>
    );
  }
  return (
    <Pressable
      accessibilityRole="button"
      onPress={() => void ask()}
      style={[styles.notify, { borderColor: theme.accent }]}
    >
      <Text style={[styles.notifyText, { color: theme.accent }]}>{WORDS.notify}</Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  head: { padding: 16, paddingBottom: 4 },
  state: { fontSize: 14, fontWeight: "700" },
  title: { marginTop: 6, fontSize: 30, lineHeight: 36, fontWeight: "800" },
  banner: { marginTop: 14, paddingVertical: 12, borderTopWidth: 2, borderBottomWidth: 2, fontSize: 17 },
  points: { marginTop: 16, paddingTop: 10, borderTopWidth: StyleSheet.hairlineWidth },
  pointsTitle: { fontSize: 17, fontWeight: "700" },
  notified: { marginTop: 12, fontSize: 14 },
  notify: {
    marginTop: 14,
    alignSelf: "flex-start",
    minHeight: 44,
    justifyContent: "center",
    paddingHorizontal: 16,
    borderWidth: 1,
    borderRadius: 22,
  },
  notifyText: { fontSize: 15, fontWeight: "700" },
});
