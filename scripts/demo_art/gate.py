"""The ship gate from below, upright: the leaf over the water between its two towers, and the crew at the guide."""

from __future__ import annotations

import math

from .canvas import CREAM, DEEP, EMBER, FOG, INK, LAMP, NIGHT, SLATE, STORM, Canvas, Point, polygon, smooth, tag
from .figures import REACH, STAND, WATCH, person

_WATER = 1120.0
_DECK = 1000.0
_FACE = "DejaVu Sans, Liberation Sans, sans-serif"


def gate_five(drop: float = 0.0, moment: float = 0.0, *, rope: bool = True) -> Canvas:
    """`drop` is how far the leaf has gone down, in pixels (at 190 it sits); `moment`, in seconds, moves water and rain.

    Without the `rope` there is nothing to cut any more, and no sparks.
    """
    canvas = Canvas(1080, 1440, seed=5)
    canvas.draw(*_sky_and_sea(canvas))
    canvas.draw(tag("g", *_leaf(canvas), transform=f"translate(0 {drop:.1f})"))
    canvas.draw(*_towers(canvas), *_chains(drop), *_beams(canvas))
    if rope:
        canvas.draw(*_rope())
    canvas.draw(*_crew())
    if rope:
        canvas.draw(*_sparks(canvas, (842.0, _DECK - 108)))
    canvas.draw(*_white_water(canvas, moment, calm=min(1.0, drop / 190)))
    canvas.draw(canvas.rain(430, 0.28, 58, opacity=0.34, fallen=moment * 900))
    return canvas


def _sky_and_sea(canvas: Canvas) -> list[str]:
    sky = canvas.linear((0, INK), (0.5, NIGHT), (0.75, STORM), (1, INK))
    gap = canvas.linear((0, DEEP), (0.5, SLATE), (1, STORM))
    shine = canvas.radial((0, FOG, 0.8), (1, FOG, 0))
    return [
        tag("rect", width=canvas.width, height=canvas.height, fill=sky),
        canvas.clouds(INK, 0.9, -200, 700, "0.003 0.006", 3),
        canvas.clouds(SLATE, 0.5, 0, 900, "0.003 0.008", 19),
        tag("rect", x=200, y=880, width=700, height=300, fill=gap),
        tag("ellipse", cx=560, cy=985, rx=250, ry=60, fill=shine, filter=canvas.ripple(50, "0.01 0.12")),
    ]


def _leaf(canvas: Canvas) -> list[str]:
    """Riveted plates, a little wider below than above, with water running off."""
    steel = canvas.linear((0, NIGHT), (0.5, STORM), (0.85, SLATE), (1, DEEP))
    parts = [polygon([(250, 300), (850, 300), (864, 905), (236, 905)], fill=steel)]
    for row in range(7):
        y = 330 + row * 84.0
        for column in range(6):
            x = 252 + column * 100.0
            dark = (row + column) % 2 == 1
            seen = canvas.chance.uniform(0.02, 0.13) * (1 if dark else 0.4)
            parts.append(tag("rect", x=x, y=y, width=94, height=78, fill=INK if dark else FOG, opacity=seen))
            parts += [
                tag("circle", cx=x + dx, cy=y + dy, r=2.2, fill=INK, opacity=0.5)
                for dx, dy in ((8, 8), (86, 8), (8, 70), (86, 70))
            ]
        parts.append(tag("rect", x=244, y=y - 8, width=612, height=7, fill=INK, opacity=0.45))
    for n in range(18):
        x = 268 + n * 33 + canvas.chance.uniform(-6, 6)
        parts.append(
            tag(
                "path",
                d=f"M{x:.1f},905v{canvas.chance.uniform(60, 190):.1f}",
                stroke=FOG,
                stroke_width=canvas.chance.uniform(1, 4),
                opacity=0.35,
                stroke_linecap="round",
            )
        )
    stripes = "".join(f"M{234 + n * 42},910l21,-26h21l-21,26Z" for n in range(15))
    number = {"font_family": _FACE, "font_weight": "bold", "text_anchor": "middle"}
    return [
        *parts,
        tag("rect", x=234, y=884, width=632, height=26, fill=EMBER),
        tag("path", d=stripes, fill=INK, opacity=0.85),
        tag("text", "5", x=560, y=690, fill=CREAM, opacity=0.85, font_size=250, **number),
    ]


def _towers(canvas: Canvas) -> list[str]:
    parts = []
    for side in (-1, 1):
        inner, outer = 540 + side * 300.0, 540 + side * 640.0
        curve = f"M{inner},1440L{inner},60C{inner + side * 20},-60 {outer},-40 {outer},260L{outer},1440Z"
        slot = min(inner, inner + side * 54)
        parts += [
            tag("path", d=curve, fill=canvas.linear((0, STORM), (0.45, DEEP), (1, INK))),
            tag("rect", x=slot, y=0, width=54, height=canvas.height, fill=INK, opacity=0.7),
        ]
        for row in range(12):
            y = 120 + row * 112
            seam = {"x1": inner + side * 54, "y1": y, "x2": outer, "y2": y - 34}
            parts.append(tag("line", stroke=INK, stroke_width=3, opacity=0.45, **seam))
        window = canvas.linear((0, LAMP), (1, CREAM))
        parts += [
            tag("path", d=f"M{inner + side * 27},150V{_WATER}", stroke=LAMP, stroke_width=3, opacity=0.28),
            tag("rect", x=inner + side * 120 - 22, y=238, width=44, height=70, rx=6, fill=window),
            canvas.glow(inner + side * 120, 272, 170, LAMP, 0.7),
        ]
    return parts


def _chains(drop: float) -> list[str]:
    return [
        tag(
            "ellipse",
            cx=x,
            cy=link * 22 - 10 + drop % 44,
            rx=3 if link % 2 else 7,
            ry=13,
            fill="none",
            stroke=INK,
            stroke_width=5,
        )
        for x in (330, 770)
        for link in range(-2, 14 + int((drop - drop % 44) / 22))
    ]


def _beams(canvas: Canvas) -> list[str]:
    """Two searchlights from the towers onto the right-hand guide."""
    parts = []
    for x, spread, strength in ((250.0, 150.0, 0.5), (930.0, 120.0, 0.7)):
        light = canvas.linear((0, CREAM, strength), (0.6, LAMP, strength * 0.3), (1, LAMP, 0.05))
        cone = [(x - 8, 250.0), (x + 8, 250.0), (800 + spread, 1120.0), (800 - spread, 1120.0)]
        parts.append(polygon(cone, fill=light, filter=canvas.blur(14), style="mix-blend-mode:screen"))
    pool = canvas.radial((0, CREAM, 0.55), (0.5, LAMP, 0.2), (1, LAMP, 0))
    parts.append(tag("ellipse", cx=808, cy=900, rx=170, ry=210, fill=pool, style="mix-blend-mode:screen"))
    return parts


def _rope() -> list[str]:
    strands = []
    for dx in (-13, 0, 13):
        line = (
            f"M{838 + dx * 0.4},{850 + dx * 0.5}C{790 + dx},{930 + dx} {760 + dx},960 {700 + dx},{1010 + dx * 0.6}"
            f"C{640 + dx},1060 {650 + dx},1110 {560 + dx},1150"
        )
        colour = "#a98c5c" if dx else "#c9ab76"
        strands.append(tag("path", d=line, fill="none", stroke=colour, stroke_width=12, stroke_linecap="round"))
    return strands


def _crew() -> list[str]:
    rails = f"M930,{_DECK - 76}H1080M930,{_DECK - 40}H1080M930,{_DECK}V{_DECK - 80}M1010,{_DECK}V{_DECK - 80}"
    return [
        polygon([(792, _DECK), (1080, _DECK - 12), (1080, _DECK + 26), (792, _DECK + 20)], fill=INK),
        tag("path", d=f"M792,{_DECK}H1080", stroke=LAMP, stroke_width=3, opacity=0.75),
        tag("path", d=rails, stroke=INK, stroke_width=5),
        person(898, _DECK, 168, REACH, facing=-1, coat="#b34f29", stripes=True, light_from=-1, face="#8c6248"),
        person(966, _DECK - 2, 164, WATCH, facing=-1, coat="#8f4023", stripes=True, light_from=-1, face="#5a3d2e"),
        person(1034, _DECK - 4, 172, STAND, facing=-1, coat="#12222e", light_from=-1),
    ]


def _sparks(canvas: Canvas, blade: Point) -> list[str]:
    parts = [canvas.glow(blade[0], blade[1], 90, CREAM, 1)]
    for _ in range(70):
        angle, reach = canvas.chance.uniform(2.0, 5.2), canvas.chance.uniform(8, 110)
        x = blade[0] + math.cos(angle) * reach
        y = blade[1] - math.sin(angle) * reach * 0.8 + reach * reach * 0.004
        tail = {"x2": x - math.cos(angle) * 9, "y2": y + math.sin(angle) * 7}
        colour = CREAM if reach < 60 else LAMP
        parts.append(
            tag("line", x1=x, y1=y, stroke=colour, stroke_width=2, opacity=0.9, stroke_linecap="round", **tail)
        )
    return parts


def _white_water(canvas: Canvas, moment: float, calm: float) -> list[str]:
    """Four rows of water, nearer and darker; `calm` from 0 to 1 takes the foam away."""
    parts: list[str] = []
    rows = ((1085.0, FOG, STORM), (1150.0, SLATE, DEEP), (1240.0, STORM, NIGHT), (1350.0, DEEP, INK))
    for row, (y, light, dark) in enumerate(rows):
        sway = row * 2 + moment * (1.5 - row * 0.15)

        def heave(x: float, y: float = y, sway: float = sway) -> float:
            return y + math.sin(x / 50 + sway) * 13 * (1 - calm * 0.5)

        top = smooth([(n * 45.0, heave(n * 45.0) + canvas.chance.uniform(-6, 6)) for n in range(-1, 27)])
        body = f"{top}L{canvas.width + 60},{canvas.height + 20}L-60,{canvas.height + 20}Z"
        parts.append(tag("path", d=body, fill=canvas.linear((0, light), (0.3, dark), (1, INK))))
        for _ in range(520 - row * 110):
            x = canvas.chance.gauss(560, 250) + math.sin(moment * 0.9 + row) * 16
            fall = abs(canvas.chance.gauss(0, 34))
            size = canvas.chance.uniform(0.8, 3.4) * (0.8 + row * 0.2)
            seen = canvas.chance.uniform(0.15, 0.85) * max(0.1, 1 - fall / 90) * (1 - calm * 0.75)
            reach = size * canvas.chance.uniform(1, 3.4)
            parts.append(tag("ellipse", cx=x, cy=heave(x) + fall, rx=reach, ry=size * 0.75, fill=CREAM, opacity=seen))
    mist = [
        tag(
            "ellipse",
            cx=canvas.chance.gauss(540, 190),
            cy=canvas.chance.gauss(1075, 32),
            rx=canvas.chance.uniform(30, 90),
            ry=canvas.chance.uniform(14, 44),
            fill=FOG,
            opacity=0.13 * (1 - calm * 0.6),
        )
        for _ in range(40)
    ]
    return [
        *parts,
        canvas.glints(820, 1100, canvas.height, 120, 150, LAMP, 0.85),
        tag("g", *mist, filter=canvas.blur(12)),
    ]
