"""The Narrows from above, at night: river, city, sea, and the barrier across the mouth."""

from __future__ import annotations

import math

from .canvas import CREAM, EMBER, FOG, INK, LAMP, NIGHT, SLATE, STORM, Canvas, Point, polygon, smooth, tag

_SERIF = "Liberation Serif, DejaVu Serif, serif"
_SANS = "Liberation Sans, DejaVu Sans, sans-serif"

_NORTH: list[Point] = [
    (-20, 372), (110, 378), (240, 352), (360, 336), (500, 352), (640, 388), (770, 402), (880, 372), (962, 330),
    (1030, 262), (1076, 180), (1140, 96), (1230, 30), (1300, -30),
]  # fmt: skip
_SOUTH: list[Point] = [
    (-20, 500), (90, 516), (210, 498), (330, 470), (470, 486), (600, 538), (730, 574), (840, 566), (920, 566),
    (986, 620), (1010, 700), (990, 790), (1030, 880), (1120, 950), (1190, 1030),
]  # fmt: skip
_GATE_A, _GATE_B = (902.0, 360.0), (905.0, 566.0)


def _label(
    x: float,
    y: float,
    text: str,
    size: float = 24,
    *,
    colour: str = CREAM,
    italic: bool = False,
    turn: float = 0,
    spacing: float = 1,
    anchor: str = "start",
) -> str:
    style = "italic" if italic else "normal"
    return tag(
        "text", text, x=x, y=y, fill=colour, font_family=_SERIF if italic else _SANS, font_style=style, font_size=size,
        letter_spacing=spacing, text_anchor=anchor, transform=f"rotate({turn} {x} {y})",
        stroke=INK, stroke_width=4, stroke_opacity=0.75, stroke_linejoin="round", paint_order="stroke",
    )  # fmt: skip


def _streets(canvas: Canvas, middle: Point, reach: Point, turn: float, count: int) -> str:
    """Blocks of houses as small lit rectangles, thick in the middle of a district and thin at its edge."""
    houses = []
    for _ in range(count):
        x, y = middle[0] + canvas.chance.gauss(0, reach[0]), middle[1] + canvas.chance.gauss(0, reach[1])
        x, y = round(x / 9) * 9.0 + canvas.chance.uniform(-1, 1), round(y / 8) * 8.0 + canvas.chance.uniform(-1, 1)
        lit = canvas.chance.random()
        houses.append(
            tag(
                "rect",
                x=x,
                y=y,
                width=canvas.chance.uniform(2, 5),
                height=canvas.chance.uniform(1.8, 4),
                fill=LAMP if lit < 0.75 else CREAM,
                opacity=canvas.chance.uniform(0.2, 0.95),
            )
        )
    return tag("g", *houses, transform=f"rotate({turn} {middle[0]} {middle[1]})")


def chart() -> Canvas:
    canvas = Canvas(1600, 1000, seed=404)
    w, h = canvas.width, canvas.height
    north = f"{smooth(_NORTH)}L-40,-40Z"
    south = f"{smooth(_SOUTH)}L-40,1040Z"
    land = canvas.effect(
        tag("feTurbulence", type="fractalNoise", baseFrequency="0.012", numOctaves=5, seed=6, result="n"),
        tag(
            "feDiffuseLighting",
            tag("feDistantLight", azimuth=315, elevation=38),
            in_="n",
            surfaceScale=9,
            diffuseConstant=1.0,
            lighting_color="#8aa5a0",
            result="l",
        ),
        tag(
            "feComposite", in_="l", in2="SourceGraphic", operator="arithmetic", k1=0.95, k2=0, k3=0.12, k4=0, result="c"
        ),
        tag("feComposite", in_="c", in2="SourceGraphic", operator="in"),
        margin=0,
    )
    sea = canvas.effect(
        tag("feTurbulence", type="fractalNoise", baseFrequency="0.006 0.03", numOctaves=4, seed=12, result="n"),
        tag(
            "feDiffuseLighting",
            tag("feDistantLight", azimuth=200, elevation=46),
            in_="n",
            surfaceScale=7,
            diffuseConstant=1.0,
            lighting_color="#6fa0ad",
            result="l",
        ),
        tag("feComposite", in_="l", in2="SourceGraphic", operator="arithmetic", k1=0.8, k2=0, k3=0.3, k4=0),
        margin=0,
    )
    canvas.draw(
        tag(
            "g",
            tag("rect", x=-200, y=-200, width=w + 500, height=h + 500, fill=STORM, filter=sea),
            transform="rotate(-14 1200 500)",
        ),
        tag(
            "rect", width=w, height=h, fill=canvas.linear((0, INK, 0.45), (0.55, INK, 0.15), (1, INK, 0), angle="right")
        ),
    )
    # Shallows, then land with a lit shore
    for wide, colour, seen in ((90, SLATE, 0.16), (52, SLATE, 0.2), (24, FOG, 0.2)):
        for edge in (smooth(_NORTH), smooth(_SOUTH)):
            canvas.draw(
                tag(
                    "path", d=edge, fill="none", stroke=colour, stroke_width=wide, opacity=seen, stroke_linejoin="round"
                )
            )
    canvas.define(tag("clipPath", tag("path", d=f"{north}{south}"), id="land"))
    canvas.draw(
        tag("path", d=north, fill="#1b3a44", filter=land),
        tag("path", d=south, fill="#1b3a44", filter=land),
        tag("path", d=f"{north}{south}", fill=NIGHT, opacity=0.42),
    )
    # The low ground that was asked to leave
    low = [
        (
            smooth([(470, 486), (600, 538), (730, 574), (840, 566)])
            + "L"
            + smooth([(826, 650), (700, 668), (560, 628), (452, 562)])[1:]
            + "Z"
        ),
        (
            smooth([(500, 352), (640, 388), (770, 402), (866, 378)])
            + "L"
            + smooth([(850, 300), (740, 316), (620, 300), (505, 282)])[1:]
            + "Z"
        ),
        (
            smooth([(920, 566), (986, 620), (1010, 700), (992, 786)])
            + "L"
            + smooth([(880, 780), (868, 690), (880, 610)])[1:]
            + "Z"
        ),
    ]
    hatch = tag(
        "pattern",
        tag("path", d="M-2,14L14,-2M6,22L22,6", stroke=EMBER, stroke_width=3.2),
        id="hatch",
        width=16,
        height=16,
        patternUnits="userSpaceOnUse",
    )
    canvas.define(hatch)
    for area in low:
        canvas.draw(
            tag("path", d=area, fill=EMBER, opacity=0.2),
            tag("path", d=area, fill="url(#hatch)", opacity=0.5),
            tag("path", d=area, fill="none", stroke=EMBER, stroke_width=2, stroke_dasharray="7 5", opacity=0.9),
        )
    city = [
        _streets(canvas, (640, 606), (120, 30), 16, 460),
        _streets(canvas, (690, 340), (110, 30), 2, 340),
        _streets(canvas, (470, 700), (170, 70), 9, 620),
        _streets(canvas, (430, 214), (190, 62), -5, 520),
        _streets(canvas, (180, 610), (100, 50), 0, 200),
        _streets(canvas, (932, 690), (34, 60), 0, 120),
        _streets(canvas, (860, 180), (70, 50), 24, 110),
    ]
    canvas.draw(
        tag("g", *city, clip_path="url(#land)"),
        tag(
            "ellipse",
            cx=600,
            cy=610,
            rx=360,
            ry=210,
            fill=canvas.radial((0, LAMP, 0.34), (1, LAMP, 0)),
            style="mix-blend-mode:screen",
        ),
        tag(
            "ellipse",
            cx=600,
            cy=300,
            rx=340,
            ry=170,
            fill=canvas.radial((0, LAMP, 0.26), (1, LAMP, 0)),
            style="mix-blend-mode:screen",
        ),
    )
    roads = (
        [(-20.0, 640.0), (180, 640), (400, 604), (560, 640), (760, 690), (900, 850), (980, 1020)],
        [(-20.0, 250.0), (210, 236), (430, 260), (640, 276), (840, 262), (960, 170), (1040, 20)],
        [(330.0, 1020.0), (392, 820), (400, 604), (404, 480), (408, 340), (430, 214), (420, -20)],
        [(640.0, 276.0), (652, 390), (650, 546), (620, 700), (600, 1020)],
    )
    for road in roads:
        canvas.draw(
            tag("path", d=smooth(road), fill="none", stroke=INK, stroke_width=5, opacity=0.5),
            tag("path", d=smooth(road), fill="none", stroke=LAMP, stroke_width=1.8, opacity=0.75),
        )
    for edge in (smooth(_NORTH), smooth(_SOUTH)):
        canvas.draw(tag("path", d=edge, fill="none", stroke=CREAM, stroke_width=2.4, opacity=0.55))
    # Swell driving in from the north-east
    for n in range(15):
        x, y = 1150 + (n * 173) % 330 + canvas.chance.uniform(-20, 20), 60 + n * 62.0
        if y < 520:
            x = max(x, 1350)
        line: list[Point] = [(x + t * 22, y - 6 * math.sin(t * 1.1) + t * 9) for t in range(7)]
        canvas.draw(
            tag(
                "path", d=smooth(line), fill="none", stroke=CREAM, stroke_width=2.2, opacity=0.3, stroke_linecap="round"
            )
        )
    for n in range(3):
        y = 214 + n * 66.0
        canvas.draw(
            tag(
                "path",
                d=f"M{1330 - n * 8},{y - 58}C{1240},{y - 22} {1160},{y + 8} {1064},{y + 26}",
                fill="none",
                stroke=FOG,
                stroke_width=7,
                opacity=0.5,
            ),
            polygon([(1040, y + 31), (1072, y + 8), (1074, y + 42)], fill=FOG, opacity=0.6),
        )
    # The barrier
    (ax, ay), (bx, by) = _GATE_A, _GATE_B
    canvas.draw(canvas.glow((ax + bx) / 2, (ay + by) / 2, 190, LAMP, 0.55))
    for n in range(10):
        x, y = ax + (bx - ax) * n / 9, ay + (by - ay) * n / 9
        if n < 9:
            colour = LAMP if n == 4 else CREAM
            canvas.draw(
                tag(
                    "line",
                    x1=x,
                    y1=y + 5,
                    x2=ax + (bx - ax) * (n + 1) / 9,
                    y2=ay + (by - ay) * (n + 1) / 9 - 5,
                    stroke=colour,
                    stroke_width=6,
                    stroke_dasharray="none" if n != 4 else "4 4",
                )
            )
        canvas.draw(tag("rect", x=x - 11, y=y - 4.5, width=22, height=9, rx=4, fill=INK, stroke=CREAM, stroke_width=2))
    # Names
    canvas.draw(
        _label(1290, 640, "Outer Bay", 44, colour=FOG, italic=True, spacing=5),
        _label(150, 446, "River Edder", 32, colour=FOG, italic=True, turn=-6, spacing=4),
        _label(968, 452, "THE EDDER BARRIER", 24, spacing=2),
        _label(968, 482, "nine gates; the ship gate in amber", 20, colour=FOG, spacing=0),
        _label(672, 620, "ROPEWALK", 23, turn=9, spacing=3, anchor="middle"),
        _label(688, 356, "SALTMARKET", 23, turn=4, spacing=3, anchor="middle"),
        _label(838, 740, "GANNET FLATS", 23, spacing=3, anchor="end"),
        tag("line", x1=846, y1=732, x2=900, y2=716, stroke=CREAM, stroke_width=1.6),
        _label(290, 792, "HILL STREET", 23, spacing=3),
        _label(250, 176, "EDDERSEA", 52, spacing=13),
        tag("circle", cx=566, cy=516, r=7, fill=INK, stroke=CREAM, stroke_width=2.5),
        _label(548, 496, "Town Quay", 22, spacing=0.5, anchor="end"),
        tag("circle", cx=372, cy=728, r=7, fill=CREAM),
        tag("path", d="M361,721l11,-12l11,12", fill="none", stroke=CREAM, stroke_width=3),
        tag("circle", cx=1236, cy=150, r=7, fill=INK, stroke=CREAM, stroke_width=2.5),
        _label(1254, 158, "Outer Mole gauge", 22, spacing=0.5),
        tag("path", d="M1094,152C1150,140 1200,146 1240,152", fill="none", stroke=CREAM, stroke_width=5, opacity=0.9),
    )
    # Key, scale and north
    canvas.draw(
        tag("rect", x=1222, y=818, width=330, height=134, rx=6, fill=INK, opacity=0.72),
        tag("rect", x=1246, y=842, width=44, height=26, fill=EMBER, opacity=0.3),
        tag("rect", x=1246, y=842, width=44, height=26, fill="url(#hatch)", stroke=EMBER, stroke_width=2),
        _label(1304, 863, "asked to leave tonight", 21, spacing=0),
        tag("path", d="M1246,916h196M1246,908v16M1344,908v16M1442,908v16", stroke=CREAM, stroke_width=2.5),
        tag("rect", x=1246, y=912, width=98, height=8, fill=CREAM),
        _label(1456, 924, "1 km", 21, spacing=0),
        tag(
            "path",
            d="M1500,124V60M1484,80L1500,52L1516,80",
            fill="none",
            stroke=CREAM,
            stroke_width=4,
            stroke_linejoin="round",
        ),
        _label(1500, 158, "N", 26, anchor="middle"),
    )
    return canvas
