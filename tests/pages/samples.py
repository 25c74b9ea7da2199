"""An invented coverage with every kind of block and every state that an entry can be in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from feed.model import (
    Audio,
    Author,
    Correction,
    Coverage,
    Embed,
    Entry,
    Gallery,
    Image,
    Link,
    Moment,
    Picture,
    Quote,
    Reference,
    Retraction,
    Successor,
    Text,
    Verification,
    Video,
)
from feed.pages import PageView

NOW = datetime(2026, 3, 12, 16, 40, tzinfo=UTC)
ORIGIN = "https://live.example.org"


def at(clock: str, day: int = 12) -> Moment:
    """A moment of March 2026, as in ``at("16:27")``."""
    return Moment(f"2026-03-{day:02d}T{clock}:00.000Z")


def coverage(**changes: Any) -> Coverage:
    fields: dict[str, Any] = {
        "id": "aldmere",
        "title": "Aldmere flood: thousands leave their homes as the river keeps rising",
        "status": "live",
        "visibility": "public",
        "revision": 4,
        "created_at": at("06:00"),
        "started_at": at("06:05"),
        "updated_at": at("16:10"),
        "language": "en",
        "summary": "The <strong>upper dam is holding</strong>, the water authority says, "
        "and the crest is expected in the town before midnight.",
        "key_points": (
            "About 14,000 people have been asked to leave the lower town.",
            "The railway to the coast is closed <em>at least</em> until Friday.",
            "Two schools on the hill take people in; the hospital works normally.",
        ),
        "links": (
            Reference(url="https://example.org/why", title="Why the Aldmere floods so fast", kind="story"),
            Reference(url="https://example.org/film", title="The valley from the air", kind="video"),
            Reference(url="https://example.org/talk", title="The day the river came", kind="podcast"),
        ),
        "authors": (
            Author(name="Ines Marlow", tagline="in Aldmere", url="https://example.org/marlow"),
            Author(name="Tomas Reed"),
        ),
        **changes,
    }
    return Coverage(**fields)


def ended(**changes: Any) -> Coverage:
    fields: dict[str, Any] = {
        "status": "ended",
        "title": "Aldmere flood: 14,000 people left their homes as the river rose",
        "ended_at": at("16:30"),
        "successor": Successor(title="Aldmere flood, day two", url="/c/aldmere-2"),
        **changes,
    }
    return coverage(**fields)


def entry(number: int, clock: str = "12:00", **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "id": f"n{number:03d}",
        "revision": 1,
        "status": "published",
        "headline": f"Update number {number}",
        "blocks": (
            Text(html=f"<p>The words of update {number}, which run on for a line or two so that it has body.</p>"),
        ),
        "display_at": at(clock),
        "published_at": at(clock),
        "updated_at": at(clock),
        **changes,
    }
    return Entry(**fields)


def many(count: int) -> list[Entry]:
    """Newest first, six minutes apart."""
    return [entry(n, f"{6 + n // 10:02d}:{n % 10 * 6:02d}") for n in range(count, 0, -1)]


def picture(**changes: Any) -> dict[str, Any]:
    return {
        "url": "/pictures/river.svg",
        "alt": "A street under water",
        "caption": "Mill Street at noon",
        "credit": "Lena Fors/Aldmere Echo",
        "width": 1200,
        "height": 800,
        **changes,
    }


def every_entry() -> list[Entry]:
    """Newest first."""
    tall = Picture(**picture(url="/pictures/tower.svg", width=800, height=1200, caption="The water tower"))
    entries = [
        entry(
            1, "06:10", headline=None, blocks=(Text(html="<p>Good morning. We follow the flood through the day.</p>"),)
        ),
        entry(
            2,
            "06:40",
            headline="What we know so far",
            kind="summary",
            blocks=(
                Text(
                    html="<p>The night in short:</p><ul><li>The river rose by two metres"
                    "<ul><li>one of them in an hour</li></ul></li><li>No one is missing</li></ul>"
                ),
            ),
        ),
        entry(
            3,
            "07:15",
            headline="‘It came up the stairs’ <script>",
            authors=(Author(name="Ines Marlow", avatar="/pictures/face.svg", url="https://example.org/m"),),
            blocks=(
                Text(html='<p>“I heard it before I saw it,” said a <a href="https://example.org/x">neighbour</a>.</p>'),
                Quote(html="<p>We carried the <em>piano</em> up first.</p>", by="Ada Holt & son, Mill Street"),
                Quote(html="<p>Nobody slept.</p>"),
            ),
        ),
        entry(4, "07:50", headline="Mill Street, under water", blocks=(Image(**picture()),), labels=("pictures",)),
        entry(
            5,
            "08:30",
            headline="The town from above",
            labels=("pictures", "Lower town"),
            blocks=(
                Text(html="<p>Four views of the morning.</p>"),
                Gallery(
                    images=(
                        Picture(**picture(caption="The bridge")),
                        tall,
                        Picture(url="/pictures/river.svg", alt="Boats at the market", credit="Aldmere Echo"),
                    )
                ),
            ),
        ),
        entry(
            6,
            "09:05",
            headline="Pictures not at hand",
            blocks=(
                Image(caption="Families wait outside the school on the hill", credit="Lena Fors/Aldmere Echo"),
                Image(alt="A dog in a boat"),
            ),
        ),
        entry(
            7,
            "09:30",
            headline="Watch and listen",
            blocks=(
                Video(
                    url="/pictures/film.mp4", title="The dam at nine", poster="/pictures/river.svg", credit="Echo TV"
                ),
                Audio(url="/pictures/talk.mp3?x=1", title="LISTEN: the day the river came", caption="Twelve minutes"),
                Video(url="https://example.org/films/7", caption="A film on another site"),
                Audio(url="https://example.org/talks/7"),
            ),
        ),
        entry(
            8,
            "10:00",
            headline="Elsewhere",
            blocks=(
                Embed(url="https://social.example/p/1?a=1&b=2", provider="Chirp", title="The mayor’s words"),
                Embed(url="https://social.example/p/2"),
                Link(url="https://example.org/a", title="How a dam holds", summary="A short explanation."),
                Link(url="https://example.org/b", title="The valley from the air", kind="video"),
                Link(url="https://example.org/c", title="The day the river came", kind="podcast"),
                Link(url="https://example.org/d", title="Inside the school", kind="report"),
            ),
        ),
        entry(
            9,
            "10:40",
            headline="Mayor: the sirens were late",
            verification=Verification(status="claim", by="the mayor"),
        ),
        entry(
            10,
            "11:10",
            headline="Film of a falling bridge",
            verification=Verification(
                status="unverified", note="Where and when it was taken could not be established."
            ),
        ),
        entry(
            11,
            "11:45",
            headline="The film is from another flood",
            verification=Verification(status="confirmed", by="our picture desk", note="It is four years old."),
        ),
        entry(12, "12:20", headline="Checked by none", verification=Verification(status="confirmed"), importance=2),
        entry(
            13,
            "13:00",
            headline="Evacuation of the lower town",
            key_event=True,
            importance=3,
            revision=3,
            updated_at=at("13:40"),
            corrections=(
                Correction(at=at("13:20"), note="The order covers the lower town, not all of it."),
                Correction(at=at("00:10", 13), note="The number was 14,000."),
            ),
            blocks=(
                Text(html="<p>Everyone in the <del>whole</del> <ins>lower</ins> town leaves by <s>two</s> three.</p>"),
            ),
        ),
        entry(
            14,
            "14:10",
            headline="Two people missing at the mill",
            status="retracted",
            revision=2,
            updated_at=at("14:55"),
            retraction=Retraction(at=at("14:55"), reason="Both were found at home. The report was wrong."),
            blocks=(Text(html="<p>Two people are missing, <em>neighbours</em> say.</p>"), Image(**picture())),
        ),
        entry(
            15,
            "14:30",
            headline=None,
            status="retracted",
            revision=2,
            blocks=(),
            retraction=Retraction(at=at("14:31"), reason="Sent by mistake."),
        ),
        entry(
            16,
            "15:00",
            headline="النهر يواصل الارتفاع",
            language="ar",
            blocks=(Text(html="<p>قالت سلطة المياه إن السد العلوي صامد.</p>"),),
        ),
        entry(
            17,
            "15:30",
            headline="Analysis: a river with no room",
            kind="analysis",
            authors=(
                Author(name="Tomas Reed", tagline="science editor"),
                Author(name="Ada Lund", url="https://example.org/lund"),
            ),
            blocks=(
                Text(
                    html="<h3>Three numbers</h3><table><thead><tr><th>Year</th><th>Crest</th></tr></thead><tbody>"
                    "<tr><td>1998</td><td>4.10 m</td></tr><tr><td>2026</td><td>5.25 m</td></tr></tbody></table>"
                    "<h4>In words</h4><p>H<sub>2</sub>O, 10<sup>3</sup> times; <code>x &lt; y</code></p>"
                    "<ol><li>one</li><li>two</li></ol><blockquote><p>Quoted.</p></blockquote><pre>a\n  b</pre>"
                ),
            ),
        ),
        entry(
            18,
            "16:20",
            headline="That is all for today",
            kind="wrap",
            blocks=(Text(html="<p>Thank you for reading.<br>We are back at six.</p>"),),
        ),
    ]
    return entries[::-1]


def view(**changes: Any) -> PageView:
    fields: dict[str, Any] = {
        "coverage": coverage(),
        "entries": every_entry(),
        "cursor": "1773333600000-0",
        "next": None,
        "pinned": None,
        "public_url": ORIGIN,
        "now": NOW,
        **changes,
    }
    return PageView(**fields)
