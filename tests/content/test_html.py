"""HTML from a producer: which elements it may have, what becomes of others, and what is refused."""

from __future__ import annotations

import pytest

from feed.content import blocks_from_html, clean_inline
from feed.errors import InvalidInput
from feed.model import Block, Text

from .checker import check

REL = 'rel="noopener noreferrer"'
PHOTO = "https://a.example/photo.jpg"


def html_of(html: str, *, base_url: str | None = None) -> str:
    """The HTML of the only block, a Text."""
    (block,) = blocks_of(html, base_url=base_url)
    assert isinstance(block, Text)
    return block.html


def blocks_of(html: str, *, base_url: str | None = None) -> tuple[Block, ...]:
    blocks = blocks_from_html(html, base_url=base_url)
    check(blocks)
    return blocks


@pytest.mark.parametrize(
    "html",
    [
        "<p>one</p><p>two<br>lines</p>",
        *[f"<p>a <{tag}>b</{tag}> c</p>" for tag in ["em", "strong", "del", "ins", "s", "sub", "sup", "code", "cite"]],
        "<p>southern <del>Romania</del> <ins>Armenia</ins></p>",
        "<p>nested <strong>strong <em>and <del>struck</del></em></strong></p>",
        f'<p><a href="https://a.example/x?a=1&amp;b=2" title="T &quot;t&quot;" {REL}>link <em>text</em></a></p>',
        f'<p><a href="http://a.example" {REL}>a</a> <a href="mailto:a@b.example" {REL}>b</a></p>',
        f'<p><a href="tel:+49" {REL}>a</a></p>',
        f'<p><a href="/c/other" {REL}>on this site</a></p>',
        "<h3>three</h3><h4>four</h4>",
        "<ul><li>a</li><li>b<ul><li>b1<ol><li>deep</li></ol></li></ul></li><li><p>c</p><p>d</p></li></ul>",
        '<ol start="3"><li>three</li></ol>',
        "<ul><li>said:<blockquote><p>nested quote</p></blockquote></li></ul>",
        "<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>a</td><td></td></tr></tbody></table>",
        '<table><tbody><tr><th rowspan="2">h</th><td colspan="3">a<ul><li>b</li></ul></td></tr></tbody></table>',
        "<pre><code>if a &lt; b:\n    c()\n</code></pre>",
        '<p lang="ar" dir="rtl">نص</p><p dir="auto"><em lang="fr-CA">mot</em></p>',
        "<p>1 &lt; 2 &amp; 3 &gt; 2 “quoted” \u202e\u2028 a&nbsp;b</p>",
    ],
)
def test_what_is_in_the_subset_stays_as_it_is(html: str) -> None:
    assert html_of(html) == html


@pytest.mark.parametrize(
    ("html", "becomes"),
    [
        ("<p><b>a</b> <i>b</i> <strike>c</strike></p>", "<p><strong>a</strong> <em>b</em> <s>c</s></p>"),
        ("<p><B CLASS=x>a</B> <kbd>b</kbd></p>", "<p><strong>a</strong> <code>b</code></p>"),
        ("<h1>a</h1><h2>b</h2><h5>c</h5><h6>d</h6>", "<h3>a</h3><h3>b</h3><h4>c</h4><h4>d</h4>"),
        ("<p><u>a</u> <span class=x>b</span> <font size=7>c</font> <mark>d</mark></p>", "<p>a b c d</p>"),
        ("<p>a <q>b</q> <x-y>c</x-y></p>", "<p>a “b” c</p>"),
        ("text", "<p>text</p>"),
        ("a <b>b</b><br>c", "<p>a <strong>b</strong><br>c</p>"),
        ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
        ("a<div>b<section>c<p>d</p>e</section></div>f", "<p>a</p><p>b</p><p>c</p><p>d</p><p>e</p><p>f</p>"),
        ("<b><div>a</div><div>b</div></b>", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
        ("<article><header>a</header><hr>b<footer>c</footer></article>", "<p>a</p><p>b</p><p>c</p>"),
        ("<dl><dt>a<dd>b</dl>", "<p>a</p><p>b</p>"),
        (
            "<form><fieldset><legend>a</legend><label>b <input></label><button>c</button></fieldset></form>",
            "<p>a</p><p>b c</p>",
        ),
        ("<select><option>a<option>b</select><textarea><p>c</textarea>", "<p>a</p><p>b</p><p>&lt;p&gt;c</p>"),
        ("<menu><li>a</menu>", "<ul><li>a</li></ul>"),
        ("<li>a</li><div>b</div>", "<ul><li>a</li></ul><p>b</p>"),
        ("<pre><br>a<ul><li>b</pre>c", "<pre>a</pre><ul><li><p>b</p><p>c</p></li></ul>"),
        ("a</br>b", "<p>a<br>b</p>"),
        ("<li>a<li>b</li>c", "<ul><li>a</li><li>b</li></ul><p>c</p>"),
        ("<ul>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("<ul><li><div>a</div><div>b</div></li></ul>", "<ul><li><p>a</p><p>b</p></li></ul>"),
        ("<ul><li><div>a</div></li></ul>", "<ul><li>a</li></ul>"),
        (
            "<table><tr><td>a<th>b<tr><td>c</table>",
            "<table><tbody><tr><td>a</td><th>b</th></tr><tr><td>c</td></tr></tbody></table>",
        ),
        ("<table><tfoot><tr><td>a</table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
        (
            "<table><caption>c</caption>stray<tr><td>a</table>",
            "<p>c</p><p>stray</p><table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
        ("<td>a</td>", "<p>a</p>"),
        ("<pre>\n\n a\n<div>b</div></pre>", "<pre> a\nb</pre>"),
        (
            "<p>a</p><p>&nbsp;</p><p> <br> </p><p>\u200b</p><p><em></em></p><ul><li></ul><p>b <br></p>",
            "<p>a</p><p>b</p>",
        ),
        ("<p>a</p>\n  <p> b\nc </p>\n", "<p>a</p><p>b\nc</p>"),
        ("<p>a<p>b<ul><li>c</ul>d", "<p>a</p><p>b</p><ul><li>c</li></ul><p>d</p>"),
        ("<p><b>a</p><p>b", "<p><strong>a</strong></p><p>b</p>"),
        ("<em>a<strong>b</em>c</strong>", "<p><em>a<strong>b</strong></em><strong>c</strong></p>"),
        ("<div dir=rtl lang=ar>a<p>b</p></div>c", '<p lang="ar" dir="rtl">a</p><p lang="ar" dir="rtl">b</p><p>c</p>'),
        ("<p lang='no way' dir=up>a</p>", "<p>a</p>"),
        ("<ol start=x><li>a</ol>", "<ol><li>a</li></ol>"),
        ("<table><tr><td colspan=99999 rowspan=-1>a</table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
        ("a<script>b</script><style>c</style><noscript>d</noscript>e", "<p>ae</p>"),
        ("a<svg><text>b</text></svg><math><mi>c</mi></math><template><p>d</template>e", "<p>ae</p>"),
        ("a<svg/>b<svg>c", "<p>abc</p>"),
        ("a<!-- b --><!DOCTYPE c><?d?>e", "<p>ae</p>"),
        ("<html><head><title>a</title><meta charset=x></head><body>b</body></html>", "<p>b</p>"),
        ("1 < 2 && 3 <b", "<p>1 &lt; 2 &amp;&amp; 3 &lt;b</p>"),
        ("a&#0;b&#1;c\x00\x1f\x7f\ufffed\r\ne\x0cf", "<p>a\ufffdbc d\ne f</p>"),
        ("&#" + "9" * 5000 + ";&bogus; &copy", "<p>\ufffd&amp;bogus; ©</p>"),
    ],
)
def test_other_elements_become_their_equivalent_and_their_text_stays(html: str, becomes: str) -> None:
    assert html_of(html) == becomes


@pytest.mark.parametrize(
    "html", ["", " \n", "<p></p>", "<br>", "<ul><li></li></ul>", "<table><tr><td></table>", "<script>a", "<!--"]
)
def test_what_shows_nothing_is_no_block(html: str) -> None:
    assert blocks_of(html) == ()


@pytest.mark.parametrize(
    ("address", "base_url", "becomes"),
    [
        ("https://a.example/x", None, "https://a.example/x"),
        (" HTTPS://a.example/a b\t\n", None, "https://a.example/a%20b"),
        ("https://a.example/?a=1&section=2&copy=3", None, "https://a.example/?a=1&amp;section=2&amp;copy=3"),
        ("//b.example/x", None, "https://b.example/x"),
        ("/\\b.example/x", None, "https://b.example/x"),
        ("/x", None, "/x"),
        ("x", None, None),
        ("#x", None, None),
        ("", "https://a.example/", None),
        ("/x", "https://a.example/live/1", "https://a.example/x"),
        ("x?y#z", "https://a.example/live/1", "https://a.example/live/x?y#z"),
        ("../../x", "https://a.example/live/1", "https://a.example/x"),
        ("x", "/not/a/page", None),
        ("http://[x", "https://a.example/", None),
        ("javascript:alert(1)", "https://a.example/", None),
        ("MAILTO:a@b.example", "https://a.example/", "mailto:a@b.example"),
        ("ftp://a.example", None, None),
        ("https:///x", None, None),
    ],
)
def test_a_link_leads_to_an_address_or_is_none(address: str, base_url: str | None, becomes: str | None) -> None:
    expected = f'<p><a href="{becomes}" {REL}>x</a></p>' if becomes else "<p>x</p>"
    assert html_of(f'<p><a href="{address}" target="_blank" rel="opener">x</a></p>', base_url=base_url) == expected


@pytest.mark.parametrize(
    ("html", "becomes"),
    [
        ("plain &amp; simple", "plain &amp; simple"),
        ("<b>a</b> <del>b</del> <ins>c</ins>", "<strong>a</strong> <del>b</del> <ins>c</ins>"),
        ('a <a href="https://a.example">b</a>', f'a <a href="https://a.example" {REL}>b</a>'),
        ("<p>a</p><p>b</p>", "a<br>b"),
        ("<ul><li>a<li>b</ul><h2>c</h2><blockquote>d</blockquote><table><tr><td>e</table>", "a<br>b<br>c<br>d<br>e"),
        ("a <img src=/a.jpg alt='A &amp; B'> b", "a<br>A &amp; B<br>b"),
        ("<figure><img src=/a.jpg alt=A><figcaption>B [C]</figcaption></figure>", "A<br>B<br>C"),
        ("a<br>b<br>", "a<br>b"),
        ("<pre> a\n b</pre>", "a\n b"),
        ("<script>a</script> <iframe src=/x></iframe>", ""),
    ],
)
def test_inline_html_has_no_blocks_in_it(html: str, becomes: str) -> None:
    assert clean_inline(html) == becomes
    assert clean_inline(becomes) == becomes


@pytest.mark.parametrize(
    "html",
    [
        f"<img src={PHOTO} alt='{'a' * 2001}'>",
        f"<figure><img src={PHOTO}><figcaption>{'a ' * 1001}</figcaption></figure>",
        f"<iframe src={PHOTO} title='{'a' * 2001}'></iframe>",
        f"<p>{'a' * 200_001}</p>",
        "<p>" + "\u00a0" * 40_000 + "a</p>",
        "<br>" * 20_001,
    ],
)
def test_what_no_block_holds_is_refused_and_not_cut(html: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        blocks_from_html(html)
    assert refused.value.field is None
