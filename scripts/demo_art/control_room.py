"""The control room of the barrier."""

from __future__ import annotations

import math

from .canvas import CREAM, DEEP, EMBER, FOG, INK, LAMP, NIGHT, SLATE, STORM, Canvas, Point, polygon, shape, smooth, tag
from .figures import HOLD, hand, person

_GREEN = "#8fc7b0"


def _screen(x: float, y: float, width: float, height: float, inner: str, canvas: Canvas) -> str:
    return (
        tag("rect", x=x - 7, y=y - 7, width=width + 14, height=height + 14, rx=6, fill="#050d14")
        + tag("rect", x=x, y=y, width=width, height=height, fill=canvas.linear((0, "#12384a"), (1, "#0b2433")))
        + inner
    )


def _tide(x: float, y: float, width: float, height: float) -> str:
    """The forecast as a dotted line, what was measured as a full one that has left it behind."""
    forecast: list[Point] = []
    for n in range(61):
        t = n / 60
        forecast.append(
            (x + width * t, y + height * (0.78 - 0.55 * math.exp(-(((t - 0.68) / 0.2) ** 2)) - 0.1 * math.sin(t * 5)))
        )
    measured = [(px, py - (n / 60) ** 2 * height * 0.08) for n, (px, py) in enumerate(forecast[:38])]
    grid = "".join(
        tag(
            "line",
            x1=x,
            y1=y + height * n / 6,
            x2=x + width,
            y2=y + height * n / 6,
            stroke=SLATE,
            stroke_width=1,
            opacity=0.25,
        )
        for n in range(1, 6)
    )
    end = measured[-1]
    return (
        grid
        + tag(
            "line",
            x1=x,
            y1=y + height * 0.3,
            x2=x + width,
            y2=y + height * 0.3,
            stroke=EMBER,
            stroke_width=3,
            stroke_dasharray="14 8",
        )
        + tag(
            "path",
            d=smooth(forecast),
            fill="none",
            stroke=FOG,
            stroke_width=3,
            stroke_dasharray="2 9",
            stroke_linecap="round",
        )
        + tag("path", d=f"{smooth(measured)}L{end[0]:.1f},{y + height}L{x},{y + height}Z", fill=_GREEN, opacity=0.14)
        + tag("path", d=smooth(measured), fill="none", stroke=_GREEN, stroke_width=5)
        + tag("circle", cx=end[0], cy=end[1], r=8, fill=CREAM)
        + tag("line", x1=end[0], y1=y, x2=end[0], y2=y + height, stroke=CREAM, stroke_width=1.5, opacity=0.5)
    )


def _sitting(x: float, desk: float, wide: float, coat: str, turn: float) -> str:
    """Somebody at a desk, from behind; `wide` across the shoulders, `turn` how far the head looks aside."""
    turn /= wide
    body = "M-0.62,0.9C-0.66,-0.15 -0.5,-0.42 -0.16,-0.5L0.16,-0.5C0.5,-0.42 0.66,-0.15 0.62,0.9Z"
    band = f"M{turn - 0.23:.3f},-0.8C{turn - 0.25:.3f},-1.17 {turn + 0.25:.3f},-1.17 {turn + 0.23:.3f},-0.8"
    back = "M-0.42,1.1V0.1C-0.42,-0.06 0.42,-0.06 0.42,0.1V1.1Z"
    whole = (
        tag("path", d=body)
        + tag("rect", x=-0.1, y=-0.66, width=0.2, height=0.25)
        + tag("ellipse", cx=turn, cy=-0.83, rx=0.215, ry=0.275)
    )
    place = f"translate({x} {desk}) scale({wide})"
    return (
        tag("g", tag("g", whole, transform="translate(0 -0.022)"), fill=_GREEN, opacity=0.75, transform=place)
        + tag("g", whole, fill=coat, transform=place)
        + shape(band, x, desk, wide, fill="none", stroke=SLATE, stroke_width=0.045)
        + shape(back, x, desk, wide, fill="#0c1d29", stroke=STORM, stroke_width=0.011)
    )


def control_room() -> Canvas:
    """Sixteen to nine: nine lamps on the wall, eight green, one amber."""
    canvas = Canvas(1600, 900, seed=63)
    w, h = canvas.width, canvas.height
    canvas.draw(tag("rect", width=w, height=h, fill=canvas.linear((0, "#07121b"), (0.5, "#0d2330"), (1, "#050c12"))))
    for n in range(11):
        canvas.draw(
            polygon(
                [
                    (n * 160, 0),
                    (n * 160 + 120, 0),
                    (800 + (n * 160 + 120 - 800) * 0.86, 70),
                    (800 + (n * 160 - 800) * 0.86, 70),
                ],
                fill=STORM,
                opacity=0.16,
            )
        )
    # The window to the left, and the barrier in the rain behind it
    canvas.define(tag("clipPath", tag("polygon", points="0,96 330,140 330,560 0,640"), id="pane"))
    view = [
        tag(
            "rect",
            x=0,
            y=60,
            width=340,
            height=600,
            fill=canvas.linear((0, NIGHT), (0.55, STORM), (0.62, DEEP), (1, INK)),
        ),
        canvas.clouds(INK, 0.9, 60, 420, "0.006 0.012", 6),
    ]
    for n in range(7):
        x, tall = 24 + n * 58 - n * n * 2.0, 190 - n * 19.0
        hood = f"M0,0V{-tall * 0.6}C0,{-tall} {20 - n},{-tall} {30 - n * 2},{-tall}V0Z"
        view.append(shape(hood, x, 430, fill=canvas.linear((0, SLATE), (1, NIGHT))))
        view.append(canvas.glow(x + 16, 402, 36 - n * 2, LAMP, 0.9))
        view.append(canvas.glints(x + 16, 434, 620, 26, 40, LAMP, 0.7))
    canvas.draw(tag("g", *view, clip_path="url(#pane)"))
    for _ in range(70):
        x, y = canvas.chance.uniform(0, 330), canvas.chance.uniform(110, 600)
        bend, aside, down = canvas.chance.uniform(-3, 3), canvas.chance.uniform(-4, 4), canvas.chance.uniform(8, 46)
        thin = canvas.chance.uniform(0.8, 2)
        run = f"M0,0q{bend:.1f},10 {aside:.1f},{down:.1f}"
        canvas.draw(shape(run, x, y, fill="none", stroke=FOG, stroke_width=thin, opacity=0.3))
    canvas.draw(
        tag(
            "path",
            d="M0,96L330,140V560L0,640M165,118V600M0,360L330,350",
            fill="none",
            stroke="#050d14",
            stroke_width=13,
        )
    )
    # The wall: gates above, tide below
    gates = ""
    tower = "M0,150V58C0,20 14,18 24,18V150Z"
    left, gate_top = 420.0, 132.0
    for n in range(9):
        x = left + 24 + n * 119
        down = n != 4
        colour = _GREEN if down else LAMP
        gates += shape(tower, x, gate_top, fill=SLATE, opacity=0.75)
        gates += tag(
            "rect", x=x + 28, y=gate_top + (96 if down else 62), width=84, height=54, fill=colour, opacity=0.85
        )
        gates += tag(
            "text",
            str(n + 1),
            x=x + 70,
            y=gate_top + (134 if down else 100),
            font_family="DejaVu Sans, Liberation Sans, sans-serif",
            font_size=32,
            font_weight="bold",
            text_anchor="middle",
            fill=INK,
        )
        if not down:
            gates += tag(
                "path", d=f"M{x + 30},{gate_top + 142}h80", stroke=EMBER, stroke_width=6, stroke_dasharray="10 7"
            )
    gates += shape(tower, left + 1095, gate_top, fill=SLATE, opacity=0.75)
    gates += tag(
        "path",
        d=smooth([(left + n * 23.0, gate_top + 118 + 4 * math.sin(n)) for n in range(50)]),
        fill="none",
        stroke=FOG,
        stroke_width=2,
        opacity=0.8,
    )
    canvas.draw(
        tag(
            "rect",
            x=380,
            y=84,
            width=1220,
            height=500,
            fill=canvas.radial((0, "#1f6076", 0.55), (1, "#1f6076", 0)),
            style="mix-blend-mode:screen",
        ),
        _screen(left, 110, 1140, 190, gates, canvas),
        canvas.glow(left + 24 + 4 * 119 + 70, gate_top + 88, 150, LAMP, 0.75),
        _screen(left, 326, 700, 226, _tide(left, 326, 700, 226), canvas),
    )
    rows = ""
    for n in range(5):
        y = 352 + n * 42
        rows += tag("rect", x=1158, y=y, width=canvas.chance.uniform(90, 150), height=12, fill=FOG, opacity=0.55)
        rows += tag(
            "rect",
            x=1340,
            y=y,
            width=[150, 146, 128, 125, 121][n],
            height=12,
            fill=_GREEN if n > 1 else LAMP,
            opacity=0.85,
        )
        rows += tag("rect", x=1158, y=y + 24, width=380, height=1.5, fill=SLATE, opacity=0.35)
    canvas.draw(_screen(1140, 326, 420, 226, rows, canvas))
    # Desks and people
    canvas.draw(
        polygon(
            [(300, 660), (1600, 630), (1600, 720), (200, 760)],
            fill=canvas.linear((0, "#1a3c4b"), (0.3, "#0d2330"), (1, "#060f17")),
        ),
        tag("path", d="M300,660L1600,630", stroke=_GREEN, stroke_width=3, opacity=0.5),
    )
    for x, y in ((560, 560), (742, 556), (1120, 548), (1300, 544)):
        canvas.draw(
            tag("path", d=f"M{x - 78},{y}h156l6,96h-168Z", fill="#050d14"),
            tag("path", d=f"M{x - 70},{y + 8}h140l5,80h-150Z", fill=canvas.linear((0, "#256d80"), (1, "#123c4d"))),
            tag(
                "path",
                d="".join(f"M{x - 58},{y + 22 + n * 13}h{canvas.chance.uniform(30, 112):.0f}" for n in range(5)),
                stroke=FOG,
                stroke_width=4,
                opacity=0.6,
            ),
        )
    standing = (975.0, 900.0, 490.0)
    cup = hand(*standing, HOLD, -1)
    canvas.draw(
        _sitting(655, 740, 178, "#0b1a26", 12),
        _sitting(1215, 732, 186, "#101f2a", -26),
        person(
            *standing,
            HOLD,
            facing=-1,
            coat="#24505f",
            legs="#08141d",
            rim=_GREEN,
            light_from=-1,
            face="#6d4c3a",
            hooded=False,
        ),
        tag("rect", x=cup[0] - 20, y=cup[1] - 20, width=22, height=26, rx=4, fill=EMBER),
        tag(
            "path",
            d=f"M{cup[0] - 10},{cup[1] - 26}q-5,-10 2,-20t-1,-20",
            fill="none",
            stroke=CREAM,
            stroke_width=2.5,
            opacity=0.55,
        ),
        tag("rect", x=0, y=0, width=w, height=h, fill=canvas.linear((0, INK, 0), (0.7, INK, 0), (1, INK, 0.75))),
    )
    return canvas
