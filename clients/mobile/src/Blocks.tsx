import type { Block, Image as Picture } from "feed-live-client";
import { Image, Linking, Pressable, StyleSheet, Text, View } from "react-native";

import { RichText } from "./RichText";
import { useTheme } from "./theme";

/** Where `/…` addresses belong: pictures on the server's own site. */
export function Blocks({ blocks, site }: { blocks: readonly Block[]; site: string }) {
  return (
    <View>
      {blocks.map((block, at) => (
        <BlockView key={at} block={block} site={site} />
      ))}
    </View>
  );
}

function BlockView({ block, site }: { block: Block; site: string }) {
  switch (block.type) {
    case "text":
      return <RichText html={block.html ?? ""} />;
    case "quote":
      return <Quote html={block.html ?? ""} by={block.by} />;
    case "image":
      return <PictureView picture={block} site={site} />;
    case "gallery":
      return (
        <View>
          {(block.images ?? []).map((picture, at) => (
            <PictureView key={at} picture={picture} site={site} />
          ))}
        </View>
      );
    case "video":
    case "audio":
    case "embed":
    case "link":
      return block.url ? <LinkView url={new URL(block.url, site).href} title={block.title ?? block.url} /> : null;
    default:
      return null; // a type of a later version of the protocol
  }
}

function Quote({ html, by }: { html: string; by: string | undefined }) {
  const theme = useTheme();
  return (
    <View style={[styles.quote, { borderColor: theme.accent }]}>
      <RichText html={html} />
      {by ? <Text style={[styles.small, { color: theme.quiet }]}>{by}</Text> : null}
    </View>
  );
}

function PictureView({ picture, site }: { picture: Picture; site: string }) {
  const theme = useTheme();
  const { url, alt, caption, credit, width, height } = picture;
  const words = [caption, credit && `[${credit}]`].filter(Boolean).join(" ");
  return (
    <View style={styles.picture}>
      {url ? (
        <Image
          source={{ uri: new URL(url, site).href }}
          accessible={Boolean(alt)}
          accessibilityLabel={alt ?? ""}
          resizeMode="cover"
          // The room is taken before the picture is there: nothing that is being read moves.
          style={[styles.image, { aspectRatio: width && height ? width / height : 3 / 2, backgroundColor: theme.rule }]}
        />
      ) : null}
      {words ? <Text style={[styles.small, { color: theme.quiet }]}>{words}</Text> : null}
    </View>
  );
}

function LinkView({ url, title }: { url: string; title: string }) {
  const theme = useTheme();
  return (
    <Pressable
      accessibilityRole="link"
      onPress={() => void Linking.openURL(url)}
      style={[styles.link, { borderColor: theme.rule }]}
    >
      <Text style={[styles.linkText, { color: theme.accent }]}>{title}</Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  quote: { marginTop: 12, paddingStart: 14, borderStartWidth: 4 },
  picture: { marginTop: 12 },
  image: { width: "100%", borderRadius: 4 },
  small: { marginTop: 6, fontSize: 14, lineHeight: 20 },
  link: { marginTop: 12, padding: 12, borderWidth: StyleSheet.hairlineWidth, borderRadius: 4, minHeight: 44 },
  linkText: { fontSize: 16, lineHeight: 22, fontWeight: "600" },
});
