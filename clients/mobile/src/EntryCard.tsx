import type { Entry } from "feed-live-client";
import { memo } from "react";
import { StyleSheet, Text, View } from "react-native";

import { Blocks } from "./Blocks";
import { type Theme, useTheme } from "./theme";
import { shownTime, VERIFICATIONS, WORDS } from "./words";

/** One entry. Drawn anew only when it is another revision. */
export const EntryCard = memo(
  function EntryCard({ entry, pinned, site }: { entry: Entry; pinned: boolean; site: string }) {
    const theme = useTheme();
    const { verification, retraction, corrections = [], authors = [] } = entry;
    return (
      <View
        testID={`entry-${entry.id}`}
        style={[
          styles.card,
          { backgroundColor: theme.card, borderColor: entry.key_event ? theme.accent : theme.rule },
          entry.key_event && styles.key,
        ]}
      >
        <View style={styles.line}>
          <Text style={[styles.time, { color: theme.quiet }]}>{shownTime(entry.display_at)}</Text>
          {pinned ? <Label words={WORDS.pinned} colour={theme.accent} /> : null}
          {entry.key_event ? <Label words={WORDS.keyEvent} colour={theme.accent} /> : null}
          {retraction ? <Label words={WORDS.withdrawn} colour={theme.warning} /> : null}
          {verification ? (
            <Label words={VERIFICATIONS[verification.status](verification.by)} colour={theme.warning} />
          ) : null}
        </View>
        {entry.headline ? (
          <Text
            accessibilityRole="header"
            aria-level={2}
            style={[styles.headline, { color: theme.ink }, retraction && styles.struck]}
          >
            {entry.headline}
          </Text>
        ) : null}
        {retraction ? <Note theme={theme} title={WORDS.withdrawn} words={retraction.reason} /> : null}
        <View style={retraction && styles.faded}>
          <Blocks blocks={entry.blocks ?? []} site={site} />
        </View>
        {corrections.map(({ at, note }) => (
          <Note key={at} theme={theme} title={WORDS.correction} words={note} />
        ))}
        {authors.length > 0 ? (
          <Text style={[styles.byline, { color: theme.quiet }]}>{authors.map(({ name }) => name).join(", ")}</Text>
        ) : null}
      </View>
    );
  },
  (before, after) =>
    before.entry.id === after.entry.id &&
    before.entry.revision === after.entry.revision &&
    before.pinned === after.pinned,
);

function Label({ words, colour }: { words: string; colour: string }) {
  return <Text style={[styles.label, { color: colour, borderColor: colour }]}>{words}</Text>;
}

function Note({ theme, title, words }: { theme: Theme; title: string; words: string }) {
  return (
    <Text style={[styles.note, { color: theme.ink, borderColor: theme.warning }]}>
      <Text style={styles.bold}>{title}: </Text>
      {words}
    </Text>
  );
}

const styles = StyleSheet.create({
  card: { marginHorizontal: 12, marginTop: 12, padding: 16, borderRadius: 6, borderWidth: StyleSheet.hairlineWidth },
  key: { borderStartWidth: 4 },
  line: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 8 },
  time: { fontSize: 14, fontVariant: ["tabular-nums"] },
  label: { fontSize: 12, fontWeight: "700", paddingHorizontal: 6, paddingVertical: 2, borderWidth: 1, borderRadius: 3 },
  headline: { marginTop: 8, fontSize: 21, lineHeight: 27, fontWeight: "700" },
  struck: { textDecorationLine: "line-through" },
  faded: { opacity: 0.6 },
  note: { marginTop: 10, paddingStart: 10, borderStartWidth: 3, fontSize: 15, lineHeight: 22 },
  byline: { marginTop: 10, fontSize: 14 },
  bold: { fontWeight: "700" },
});
