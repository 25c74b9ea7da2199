"""Pictures, players, embeds and quotes in HTML: they become blocks of their own."""

from __future__ import annotations

import pytest

from feed.content import blocks_from_html
from feed.model import Audio, Block, Embed, Gallery, Image, Link, Picture, Quote, Text, Video

from .checker import check

REL = 'rel="noopener noreferrer"'
PHOTO = "https://a.example/photo.jpg"


def blocks_of(html: str, *, base_url: str | None = None) -> tuple[Block, ...]:
    blocks = blocks_from_html(html, base_url=base_url)
    check(blocks)
    return blocks


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        (
            f'<p>a <img src="{PHOTO}" alt="A  tent" width=640 height=480 onclick=x> b</p>',
            [Text(html="<p>a</p>"), Image(url=PHOTO, alt="A tent", width=640, height=480), Text(html="<p>b</p>")],
        ),
        (
            f"<p><em>a<a href=/x><img src={PHOTO} width=100%></a>b</em></p>",
            [Text(html="<p><em>a</em></p>"), Image(url=PHOTO), Text(html="<p><em>b</em></p>")],
        ),
        (
            f"<figure><img src={PHOTO}><figcaption>A <b>tent</b> camp\n [Mira Lind/Agency] </figcaption></figure>",
            [Image(url=PHOTO, caption="A tent camp", credit="Mira Lind/Agency")],
        ),
        (f"<figure><img src={PHOTO}><figcaption>[Agency]</figcaption></figure>", [Image(url=PHOTO, credit="Agency")]),
        (
            f"<picture><source srcset=/x.webp><img src={PHOTO}></picture>\n<p><img src=/b.jpg></p>",
            [Gallery(images=(Picture(url=PHOTO), Picture(url="/b.jpg")))],
        ),
        (
            f"<figure><img src={PHOTO}><img src=/b.jpg><figcaption>Both</figcaption></figure>",
            [Gallery(images=(Picture(url=PHOTO), Picture(url="/b.jpg", caption="Both")))],
        ),
        (
            (
                "<figure><figure><img src=/a.jpg><figcaption>A</figcaption></figure>"
                "<figure><img src=/b.jpg><figcaption>B</figcaption></figure><figcaption>Both</figcaption></figure>"
            ),
            [
                Gallery(images=(Picture(url="/a.jpg", caption="A"), Picture(url="/b.jpg", caption="B"))),
                Text(html="<p>Both</p>"),
            ],
        ),
        (
            "<img src=/a.jpg>between<img src=/b.jpg>",
            [Image(url="/a.jpg"), Text(html="<p>between</p>"), Image(url="/b.jpg")],
        ),
        (
            "<ul><li>a <img src=/a.jpg></li><li>b</li></ul>c",
            [Text(html="<ul><li>a</li><li>b</li></ul>"), Image(url="/a.jpg"), Text(html="<p>c</p>")],
        ),
        ("<img src=data:image/png;base64,xx alt='A map'>", [Image(alt="A map")]),
        ("<figure><img src=x.jpg><figcaption>Words</figcaption></figure>", [Image(caption="Words")]),
        ("<img src=data:image/png;base64,xx>", []),
        (
            "<figure><img src=/a.jpg><figcaption>a<br>b<div>c</div></figcaption></figure>",
            [Image(url="/a.jpg", caption="a b c")],
        ),
        ("<iframe src=javascript:x></iframe><iframe src=https://[x>", []),
        (
            "<figure><iframe src=/x title=T></iframe><figcaption>a</figcaption></figure>",
            [Embed(url="/x", title="T"), Text(html="<p>a</p>")],
        ),
        ("<img src=data:x data-src=/late.jpg>", [Image(url="/late.jpg")]),
        ("<img srcset='/s.jpg 480w, /l.jpg 1920w, /m.jpg 2x'>", [Image(url="/l.jpg")]),
        ("<img src=/pixel.gif width=1 height=1>", []),
        ("<p>Yes <img class=emoji alt=😀 src=/1f600.png></p>", [Text(html="<p>Yes 😀</p>")]),
        (
            "<iframe src=//v.example/embed/1 title='The film'>x</iframe>y",
            [Embed(url="https://v.example/embed/1", provider="v.example", title="The film"), Text(html="<p>y</p>")],
        ),
        (
            "<figure><iframe src=https://v.example/1></iframe><figcaption>Film</figcaption></figure>",
            [Embed(url="https://v.example/1", provider="v.example", title="Film")],
        ),
        (
            "<video src=/a.mp4 poster=/a.jpg title=T><p>Get a browser</p></video>",
            [Video(url="/a.mp4", poster="/a.jpg", title="T")],
        ),
        (
            "<figure><video><source src=blob:x><source src=/a.mp4></video><figcaption>C [D]</figcaption></figure>",
            [Video(url="/a.mp4", caption="C", credit="D")],
        ),
        ("<audio controls><source src=/a.mp3>x</audio>", [Audio(url="/a.mp3")]),
        (
            "<video>Not <a href=/a.mp4>playable</a></video>",
            [Text(html=f'<p>Not <a href="/a.mp4" {REL}>playable</a></p>')],
        ),
        (
            "<figure><table><tr><td>a</table><figcaption>b</figcaption></figure>",
            [Text(html="<table><tbody><tr><td>a</td></tr></tbody></table><p>b</p>")],
        ),
        ("<figure><pre>a</pre></figure><figcaption>b</figcaption>", [Text(html="<pre>a</pre><p>b</p>")]),
    ],
)
def test_pictures_and_players_become_blocks_where_they_stand(html: str, blocks: list[Block]) -> None:
    assert list(blocks_of(html)) == blocks


def test_relative_pictures_belong_to_the_site_they_come_from() -> None:
    assert blocks_of("<img src=x.jpg>", base_url="https://a.example/live/1") == (
        Image(url="https://a.example/live/x.jpg"),
    )


def test_more_pictures_than_a_gallery_holds_become_several() -> None:
    first, second = blocks_of("<img src=/a.jpg>" * 150)
    assert isinstance(first, Gallery)
    assert isinstance(second, Gallery)
    assert (len(first.images), len(second.images)) == (100, 50)


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("a<blockquote>b</blockquote>c", [Text(html="<p>a</p>"), Quote(html="<p>b</p>"), Text(html="<p>c</p>")]),
        ("<div><blockquote><p>a</p><p>b</p></blockquote></div>", [Quote(html="<p>a</p><p>b</p>")]),
        ("<blockquote><p>a</p><cite>Mira Lind</cite></blockquote>", [Quote(html="<p>a</p>", by="Mira Lind")]),
        (
            "<blockquote><p>a</p><footer>— Mira <cite>Lind</cite></footer></blockquote>",
            [Quote(html="<p>a</p>", by="Mira Lind")],
        ),
        ("<blockquote><p>a</p><p>— Mira Lind</p></blockquote>", [Quote(html="<p>a</p>", by="Mira Lind")]),
        ("<blockquote>a<br>b<br>&mdash; Mira Lind</blockquote>", [Quote(html="<p>a<br>b</p>", by="Mira Lind")]),
        (
            "<figure><blockquote>a</blockquote><figcaption>— Mira Lind</figcaption></figure>",
            [Quote(html="<p>a</p>", by="Mira Lind")],
        ),
        (
            "<blockquote><p>a</p><cite>Mira Lind in <a href=https://a.example/x>The Paper</a></cite></blockquote>",
            [Quote(html="<p>a</p>", by="Mira Lind in The Paper"), Link(url="https://a.example/x", title="The Paper")],
        ),
        ("<blockquote><p>— Yes?</p><p>— No.</p></blockquote>", [Quote(html="<p>— Yes?</p><p>— No.</p>")]),
        ("<blockquote><p>— Mira Lind</p></blockquote>", [Quote(html="<p>— Mira Lind</p>")]),
        ("<blockquote><p>As in <cite>Hamlet</cite></p></blockquote>", [Quote(html="<p>As in <cite>Hamlet</cite></p>")]),
        ("<blockquote>a<img src=/a.jpg>b</blockquote>", [Quote(html="<p>a</p><p>b</p>"), Image(url="/a.jpg")]),
        (
            "<blockquote lang=fr>a<ul><li>b</ul></blockquote>",
            [Quote(html='<p lang="fr">a</p><ul lang="fr"><li>b</li></ul>')],
        ),
        (
            (
                '<blockquote class="twitter-tweet"><p lang="en">Words <a href="https://t.example/1">t.example/1</a></p>'
                '&mdash; Mira Lind (@mira) <a href="https://post.example/1">December 13, 2023</a></blockquote>\n'
                "<script async src=/w.js></script>"
            ),
            [
                Quote(
                    html=f'<p lang="en">Words <a href="https://t.example/1" {REL}>t.example/1</a></p>',
                    by="Mira Lind (@mira)",
                ),
                Link(url="https://post.example/1", title="Mira Lind (@mira), December 13, 2023"),
            ],
        ),
        (
            '<blockquote class=twitter-tweet><p>Words</p>— <a href="https://post.example/1">Mira Lind</a></blockquote>',
            [Quote(html="<p>Words</p>", by="Mira Lind"), Link(url="https://post.example/1", title="Mira Lind")],
        ),
        (
            f"<blockquote><p>a</p><footer>{'b' * 2001}</footer></blockquote>",
            [Quote(html=f"<p>a</p><p>{'b' * 2001}</p>")],
        ),
        (
            '<blockquote class="twitter-tweet"><p>Words</p>— Mira Lind <a href="https://post.example/1">https://post.example/1</a></blockquote>',
            [Quote(html="<p>Words</p>", by="Mira Lind"), Link(url="https://post.example/1", title="Mira Lind")],
        ),
    ],
)
def test_a_quote_is_a_block_with_its_source(html: str, blocks: list[Block]) -> None:
    assert list(blocks_of(html)) == blocks


def test_a_picture_with_an_address_that_is_too_long_keeps_its_words() -> None:
    assert blocks_of(f"<img src=/{'a' * 2000} alt=a>") == (Image(alt="a"),)
