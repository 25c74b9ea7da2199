"""Markdown, plain text, and blocks that a producer sends as such."""

from __future__ import annotations

import pytest

from feed.content import blocks_from_markdown, blocks_from_text, clean_blocks, plain_text
from feed.errors import InvalidInput
from feed.model import Audio, Block, Embed, Gallery, Image, Link, Picture, Quote, Text, Video

from .checker import check

REL = 'rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("markdown", "blocks"),
    [
        (
            "one\ntwo\n\nthree **four** *five*",
            [Text(html="<p>one\ntwo</p><p>three <strong>four</strong> <em>five</em></p>")],
        ),
        ("~~Romania~~ Armenia", [Text(html="<p><del>Romania</del> Armenia</p>")]),
        (
            "# Head\n\n- a\n  - b\n\n3. c",
            [Text(html='<h3>Head</h3><ul><li>a<ul><li>b</li></ul></li></ul><ol start="3"><li>c</li></ol>')],
        ),
        (
            "[a](https://a.example 'T') <https://b.example>",
            [
                Text(
                    html=f'<p><a href="https://a.example" title="T" {REL}>a</a> <a href="https://b.example" {REL}>https://b.example</a></p>'
                )
            ],
        ),
        ("[a](javascript:alert(1))", [Text(html="<p>[a](javascript:alert(1))</p>")]),
        ("a <b>b</b> <script>c</script>", [Text(html="<p>a &lt;b&gt;b&lt;/b&gt; &lt;script&gt;c&lt;/script&gt;</p>")]),
        ("> said\n>\n> — Mira Lind", [Quote(html="<p>said</p>", by="Mira Lind")]),
        (
            'a\n\n![A *tent*](/a.jpg "Camp [Mira Lind]")\n\nb',
            [
                Text(html="<p>a</p>"),
                Image(url="/a.jpg", alt="A tent", caption="Camp", credit="Mira Lind"),
                Text(html="<p>b</p>"),
            ],
        ),
        ("![](/a.jpg)\n![](/b.jpg)", [Gallery(images=(Picture(url="/a.jpg"), Picture(url="/b.jpg")))]),
        (
            "|a|b|\n|-|:-:|\n|1|2|",
            [
                Text(
                    html="<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
                )
            ],
        ),
        ("```python\na < b\n```", [Text(html="<pre><code>a &lt; b\n</code></pre>")]),
        ("a  \nb\n\n---\n\nc", [Text(html="<p>a<br>\nb</p><p>c</p>")]),
        ("", []),
    ],
)
def test_markdown_is_another_notation_of_the_same_blocks(markdown: str, blocks: list[Block]) -> None:
    assert list(blocks_from_markdown(markdown)) == blocks
    check(blocks_from_markdown(markdown))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one", "<p>one</p>"),
        ("one\ntwo\r\n \t\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("\n\n a < b & <b>c</b> &amp; \n", "<p>a &lt; b &amp; &lt;b&gt;c&lt;/b&gt; &amp;amp;</p>"),
        ("\u3000indented\x00\x1b", "<p>\u3000indented</p>"),
    ],
)
def test_plain_text_keeps_paragraphs_and_lines_and_has_no_markup(text: str, html: str) -> None:
    assert blocks_from_text(text) == (Text(html=html),)


@pytest.mark.parametrize("text", ["", " \n\t", "\n\n", "\u200b"])
def test_text_without_words_is_no_block(text: str) -> None:
    assert blocks_from_text(text) == ()


def test_text_that_no_block_holds_is_refused() -> None:
    with pytest.raises(InvalidInput, match="200,000"):
        blocks_from_text("&" * 40_001)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a <em>b</em>c</p><p>d<br>e</p>", "a bc\nd\ne"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul><h3>c</h3>", "a\nb\nc"),
        (
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody></table>",
            "a b\nc d",
        ),
        ("1 &lt; 2 &amp;&nbsp;&mdash; &lt;b&gt;", "1 < 2 & — <b>"),
        ('<p>a\n  b <a href="/x" title="a>b">c</a></p>', "a b c"),
        ("", ""),
    ],
)
def test_plain_text_of_html_has_a_line_for_each_block(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_sent_blocks_are_cleaned_and_the_empty_ones_dropped() -> None:
    sent: list[Block] = [
        Text(html="<b>a</b><script>x</script>"),
        Text(html="<p> </p>"),
        Quote(html="b<blockquote>c</blockquote><img src=/d.jpg>", by="Mira\x00 \n Lind"),
        Quote(html="<script>x</script>", by="Mira Lind"),
        Image(url="https://a.example/a b.jpg", alt=" e\nf ", caption="", width=4),
        Image(alt=" "),
        Gallery(images=(Picture(alt=" "), Picture(url="//a.example/g.jpg"))),
        Gallery(images=(Picture(),)),
        Video(url="/h.mp4", title=" h ", poster="/h.jpg"),
        Audio(url="/i.mp3", credit="i\ti"),
        Embed(url="https://a.example/j", provider="j"),
        Link(url="https://a.example/k", title=" ", summary="k"),
    ]
    assert clean_blocks(sent) == (
        Text(html="<p><strong>a</strong></p>"),
        Quote(html="<p>b</p><blockquote><p>c</p></blockquote>", by="Mira Lind"),
        Image(url="/d.jpg"),
        Image(url="https://a.example/a%20b.jpg", alt="e f", width=4),
        Gallery(images=(Picture(url="https://a.example/g.jpg"),)),
        Video(url="/h.mp4", title="h", poster="/h.jpg"),
        Audio(url="/i.mp3", credit="i i"),
        Embed(url="https://a.example/j", provider="j"),
        Link(url="https://a.example/k", title="https://a.example/k", summary="k"),
    )
    assert clean_blocks(clean_blocks(sent)) == clean_blocks(sent)


def test_a_sent_text_is_parted_like_any_html() -> None:
    assert clean_blocks([Text(html="a<blockquote>b</blockquote><img src=/c.jpg>")]) == (
        Text(html="<p>a</p>"),
        Quote(html="<p>b</p>"),
        Image(url="/c.jpg"),
    )


@pytest.mark.parametrize(
    "block",
    [
        Image(url="javascript:alert(1)"),
        Gallery(images=(Picture(url="data:x"),)),
        Video(url="/a.mp4", poster="javascript:alert(1)"),
        Embed(url="https:///"),
        Link(url="blob:x", title="x"),
        Audio(url="/" + " " * 1000 + "a"),
    ],
)
def test_a_sent_block_that_leads_nowhere_good_is_refused(block: Block) -> None:
    with pytest.raises(InvalidInput, match="address"):
        clean_blocks([block])


def test_a_sent_line_of_words_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="2,000"):
        clean_blocks([Quote(html="a", by="b" * 2001)])
