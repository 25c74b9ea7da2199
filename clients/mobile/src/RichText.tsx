import { useMemo } from "react";
import { Linking, StyleSheet, Text, View } from "react-native";

import { type Paragraph, paragraphsOf, type Run } from "./html";
import { type Theme, useTheme } from "./theme";

/** A text block: every paragraph is one native text, so that it can be selected and is read aloud as one. */
export function RichText({ html }: { html: string }) {
  const theme = useTheme();
  const paragraphs = useMemo(() => paragraphsOf(html), [html]);
  return (
    <View>
      {paragraphs.map((paragraph, at) => (
        <ParagraphText key={at} paragraph={paragraph} theme={theme} />
      ))}
    </View>
  );
}

function ParagraphText({ paragraph, theme }: { paragraph: Paragraph; theme: Theme }) {
  const { kind, depth, marker, runs } = paragraph;
  const text = (
    <Text
      selectable
      accessibilityRole={kind === "heading" ? "header" : "text"}
      style={[styles.text, { color: theme.ink }, kind === "heading" && styles.heading, kind === "pre" && styles.code]}
    >
      {runs.map((run, at) => (
        <RunText key={at} run={run} theme={theme} />
      ))}
    </Text>
  );
  if (kind === "quote") return <View style={[styles.quote, { borderColor: theme.rule }]}>{text}</View>;
  if (depth === 0) return <View style={styles.paragraph}>{text}</View>;
  return (
    <View style={[styles.item, { marginStart: (depth - 1) * 16 }]}>
      <Text style={[styles.marker, { color: theme.quiet }]}>{marker ?? ""}</Text>
      <View style={styles.fill}>{text}</View>
    </View>
  );
}

function RunText({ run, theme }: { run: Run; theme: Theme }) {
  const { href } = run;
  return (
    <Text
      {...(href ? { accessibilityRole: "link" as const, onPress: () => void Linking.openURL(href) } : {})}
      style={[
        run.bold && styles.bold,
        run.italic && styles.italic,
        run.code && styles.code,
        run.struck && styles.struck,
        (run.inserted || href) && styles.underlined,
        href ? { color: theme.accent } : null,
      ]}
    >
      {run.text}
    </Text>
  );
}

const styles = StyleSheet.create({
  text: { fontSize: 17, lineHeight: 26 },
  paragraph: { marginTop: 8 },
  heading: { fontWeight: "700", fontSize: 18 },
  quote: { marginTop: 10, paddingStart: 12, borderStartWidth: 3 },
  item: { marginTop: 6, flexDirection: "row" },
  marker: { width: 22, fontSize: 17, lineHeight: 26 },
  fill: { flex: 1 },
  bold: { fontWeight: "700" },
  italic: { fontStyle: "italic" },
  struck: { textDecorationLine: "line-through" },
  underlined: { textDecorationLine: "underline" },
  code: { fontFamily: "monospace", fontSize: 15 },
});
