"""The Edder Barrier at night, from the sea side."""

from __future__ import annotations

import math

from .canvas import CREAM, DEEP, EMBER, FOG, INK, LAMP, NIGHT, SLATE, STORM, Canvas, Point, polygon, smooth, tag

GATES = 9
_HORIZON = 505.0


def _place(along: float, up: float) -> Point:
    """Where a point of the barrier falls on the sheet; `along` counts piers from the near bank, `up` is in metres."""
    depth = 40 + along * 21
    side = -27 + along * 10.4
    focal = 1050.0
    return 690 + focal * side / depth, _HORIZON + focal * (7.5 - up) / depth


def _pier(canvas: Canvas, along: float) -> str:
    half = 0.17
    left, right = along - half, along + half
    scale = _place(along, 0)[1] - _place(along, 1)[1]
    x0, x1 = _place(left, 0)[0], _place(right, 0)[0]
    base = max(_place(left, -1.5)[1], _place(right, -1.5)[1])
    top = _place(along, 19)[1]
    shoulder = _place(along, 11)[1]
    mid = (x0 + x1) / 2
    back = x1 + (x1 - x0) * 0.42
    curve = f"C{x0:.1f},{top + 2 * scale:.1f} {mid:.1f},{top:.1f} {x1:.1f},{top:.1f}"
    slope = f"L{back:.1f},{shoulder + scale:.1f}L{back:.1f},{base:.1f}Z"
    hood = f"M{x0:.1f},{base:.1f}L{x0:.1f},{shoulder:.1f}{curve}{slope}"
    face = f"M{x1:.1f},{base:.1f}L{x1:.1f},{top:.1f}{slope}"
    metal = canvas.linear((0, FOG), (0.16, SLATE), (0.5, STORM), (1, NIGHT), angle="down")
    seams = "".join(
        tag(
            "line",
            x1=x0,
            y1=_place(along, up)[1],
            x2=x1,
            y2=_place(along, up)[1],
            stroke=NIGHT,
            stroke_width=scale * 0.12,
            opacity=0.35,
        )
        for up in (4, 7, 10)
    )
    window = tag(
        "rect", x=x0 + (x1 - x0) * 0.3, y=_place(along, 9.2)[1], width=(x1 - x0) * 0.36, height=scale * 0.9, fill=CREAM
    )
    return "".join(
        (
            tag("path", d=hood, fill=metal),
            seams,
            tag("path", d=face, fill=INK, opacity=0.72),
            window,
            canvas.glow(x0 + (x1 - x0) * 0.48, _place(along, 8.8)[1], scale * 5.5, LAMP, 0.75),
        )
    )


def _gate(canvas: Canvas, along: float, lift: float) -> str:
    """The leaf between two piers; `lift` in metres above its sill."""
    a, b = along + 0.17 + 0.1, along + 1 - 0.17
    low, high = lift - 1.6, lift + 6.2
    leaf = [_place(a, high), _place(b, high), _place(b, low), _place(a, low)]
    fill = canvas.linear((0, SLATE), (0.25, STORM), (1, INK))
    ribs = []
    for n in range(1, 9):
        at = a + (b - a) * n / 9
        (x0, y0), (x1, y1) = _place(at, high), _place(at, low)
        ribs.append(tag("line", x1=x0, y1=y0, x2=x1, y2=y1, stroke=INK, stroke_width=1.6, opacity=0.5))
    rim = tag(
        "path",
        d=f"M{leaf[0][0]:.1f},{leaf[0][1]:.1f}L{leaf[1][0]:.1f},{leaf[1][1]:.1f}",
        stroke=FOG,
        stroke_width=2,
        opacity=0.55,
    )
    return polygon(leaf, fill=fill) + "".join(ribs) + rim


def _walkway(canvas: Canvas) -> str:
    parts = [
        polygon([_place(-1.2, 8.1), _place(9.9, 8.1), _place(9.9, 7.2), _place(-1.2, 7.2)], fill=INK),
        polygon([_place(-1.2, 8.2), _place(9.9, 8.2), _place(9.9, 8.0), _place(-1.2, 8.0)], fill=LAMP, opacity=0.5),
    ]
    for n in range(-3, 40):
        at = n / 4 + 0.12
        (x, y), (_, foot) = _place(at, 9.5), _place(at, 8.1)
        scale = (foot - y) / 1.4
        parts.append(tag("line", x1=x, y1=y, x2=x, y2=foot, stroke=INK, stroke_width=max(0.8, scale * 0.12)))
        parts.append(tag("circle", cx=x, cy=y, r=max(1.0, scale * 0.2), fill=CREAM))
        if n % 2:
            parts.append(canvas.glow(x, y, scale * 2.6, LAMP, 0.6))
    return "".join(parts)


def _swell(canvas: Canvas, y: float, height: float, phase: float, light: str, dark: str, foam: float) -> str:
    """One long wave across the sheet: a lit crest, wind streaks on its back, broken white where it tips over."""

    def rise(x: float) -> float:
        wave = math.sin(x / 210 + phase) + 0.5 * math.sin(x / 83 + phase * 2.3) + 0.3 * math.sin(x / 41 + phase * 4.1)
        return y - height * (wave + 0.14 * math.sin(x / 13 + phase))

    line = smooth([(n * 16.0, rise(n * 16.0)) for n in range(-2, 104)])
    fill = canvas.linear((0, light), (0.14, dark), (0.6, INK), (1, INK))
    parts = [
        tag("path", d=f"{line}L{canvas.width + 50},{canvas.height + 50}L-50,{canvas.height + 50}Z", fill=fill),
        tag("path", d=line, fill="none", stroke=FOG, stroke_width=height * 0.05 + 0.6, opacity=0.3),
    ]
    for _ in range(150):
        x, down = canvas.chance.uniform(-40, canvas.width + 40), canvas.chance.random() ** 1.6
        reach = height * canvas.chance.uniform(0.8, 4.5)
        parts.append(
            tag(
                "path",
                d=smooth([(at, rise(at) + 3 + down * height * 4.2) for at in (x, x + reach / 2, x + reach)]),
                fill="none",
                stroke=light if canvas.chance.random() < 0.6 else INK,
                stroke_width=height * 0.05 + 0.5,
                opacity=canvas.chance.uniform(0.15, 0.6) * (1 - down),
                stroke_linecap="round",
            )
        )
    # White water gathers in a few places along the crest and trails away below it.
    for _ in range(7):
        middle, width = canvas.chance.uniform(0, canvas.width), canvas.chance.uniform(2, 6) * height
        for _ in range(130):
            x = middle + canvas.chance.gauss(0, width * 0.45)
            away = abs(x - middle) / width
            fall = abs(canvas.chance.gauss(0, 1)) * height * 0.42 * max(0.15, 1 - away)
            size = canvas.chance.uniform(0.4, 1.5) * (0.7 + height * 0.045)
            parts.append(
                tag(
                    "ellipse",
                    cx=x,
                    cy=rise(x) + fall - height * 0.05,
                    rx=size * canvas.chance.uniform(1.2, 3.6),
                    ry=size * 0.7,
                    fill=CREAM,
                    opacity=foam * canvas.chance.uniform(0.25, 1) * max(0.1, 1 - fall / height),
                )
            )
    return "".join(parts)


def _spray(canvas: Canvas, along: int) -> str:
    """Where the sea strikes a pier: mist, and drops thrown up out of it."""
    x, y = _place(along - 0.1, 0)
    scale = y - _place(along, 1)[1]
    mist = tag(
        "g",
        *(
            tag(
                "ellipse",
                cx=x + canvas.chance.gauss(0, scale * 2),
                cy=y + scale * 0.6 - abs(canvas.chance.gauss(0, 1.6)) * scale,
                rx=scale * canvas.chance.uniform(0.8, 2),
                ry=scale * canvas.chance.uniform(0.5, 1.6),
                fill=FOG,
                opacity=0.16,
            )
            for _ in range(26)
        ),
        filter=canvas.blur(scale * 0.35),
    )
    drops = [
        tag(
            "circle",
            cx=x + canvas.chance.gauss(0, scale * 1.7),
            cy=y + scale * 0.9 - abs(canvas.chance.gauss(0, 1)) * scale * 2.2,
            r=canvas.chance.uniform(0.4, 1.1) * (0.6 + scale * 0.04),
            fill=CREAM,
            opacity=canvas.chance.uniform(0.2, 0.8),
        )
        for _ in range(110)
    ]
    return mist + "".join(drops)


def _ferry(canvas: Canvas, x: float, y: float, size: float) -> str:
    """The last boat in, seen from astern of her beam; `size` is her length."""
    u = size / 100
    hull = f"M{x - 50 * u},{y - 9 * u}L{x + 42 * u},{y - 9 * u}L{x + 34 * u},{y + 4 * u}L{x - 44 * u},{y + 4 * u}Z"
    parts = [
        tag("path", d=hull, fill=INK),
        tag("rect", x=x - 50 * u, y=y - 10.5 * u, width=92 * u, height=1.6 * u, fill=SLATE),
        tag("rect", x=x - 38 * u, y=y - 19 * u, width=66 * u, height=9 * u, fill=NIGHT),
        tag("rect", x=x - 34 * u, y=y - 27 * u, width=24 * u, height=9 * u, fill=NIGHT),
        tag("rect", x=x + 4 * u, y=y - 29 * u, width=9 * u, height=11 * u, fill=INK),
        tag("line", x1=x - 22 * u, y1=y - 27 * u, x2=x - 22 * u, y2=y - 44 * u, stroke=INK, stroke_width=1.6 * u),
    ]
    parts += [
        tag("rect", x=x + at * u, y=y - 16.4 * u, width=4.2 * u, height=3 * u, fill=CREAM) for at in range(-34, 26, 7)
    ]
    parts += [
        tag("rect", x=x - 33 * u, y=y - 25 * u, width=22 * u, height=3.2 * u, fill=LAMP),
        canvas.glow(x - 22 * u, y - 44 * u, 22 * u, CREAM, 1),
        canvas.glow(x - 5 * u, y - 15 * u, 60 * u, LAMP, 0.35),
        tag("circle", cx=x - 48 * u, cy=y - 14 * u, r=1.5 * u, fill=EMBER),
        canvas.glow(x - 48 * u, y - 14 * u, 14 * u, EMBER, 0.9),
    ]
    return "".join(parts)


def barrier_at_night(lifts: tuple[float, ...] = (0, 0, 0, 0, 7, 0, 0, 0, 0)) -> Canvas:
    """`lifts`: how far each of the nine gates hangs above its sill, in metres, from the near bank on."""
    canvas = Canvas(1600, 1000, seed=31)
    w, h = canvas.width, canvas.height
    canvas.draw(
        tag(
            "rect",
            width=w,
            height=h,
            fill=canvas.linear((0, "#06121d"), (0.3, NIGHT), (0.5, STORM), (0.53, SLATE), (0.56, DEEP), (1, INK)),
        )
    )
    moon = (1130.0, 205.0)
    canvas.draw(
        tag(
            "circle",
            cx=moon[0],
            cy=moon[1],
            r=420,
            fill=canvas.radial((0, FOG, 0.75), (0.35, SLATE, 0.4), (1, SLATE, 0)),
        ),
        canvas.clouds(SLATE, 0.55, -40, 500, "0.003 0.009", 4),
        canvas.clouds(INK, 0.95, -120, 420, "0.0022 0.0062", 11),
        tag(
            "circle",
            cx=moon[0],
            cy=moon[1],
            r=150,
            fill=canvas.radial((0, CREAM, 0.7), (0.3, FOG, 0.4), (1, FOG, 0)),
            style="mix-blend-mode:screen",
        ),
        tag("circle", cx=moon[0], cy=moon[1], r=31, fill=CREAM),
        canvas.clouds("#040c14", 0.9, -200, 260, "0.0018 0.005", 29),
        canvas.clouds(DEEP, 0.9, 150, 330, "0.003 0.014", 7),
    )
    # The far shore and the city behind it
    shore: list[Point] = [(900.0, _HORIZON + 6)]
    x = 900.0
    while x < w + 20:
        step = canvas.chance.uniform(8, 26)
        roof = _HORIZON - canvas.chance.uniform(6, 30) - 26 * math.exp(-(((x - 1350) / 140) ** 2))
        shore += [(x, roof), (x + step, roof)]
        x += step
    shore.append((w + 20.0, _HORIZON + 6))
    canvas.draw(
        tag(
            "ellipse",
            cx=1360,
            cy=_HORIZON,
            rx=520,
            ry=90,
            fill=canvas.radial((0, LAMP, 0.5), (0.5, EMBER, 0.16), (1, EMBER, 0)),
            style="mix-blend-mode:screen",
        ),
        polygon(shore, fill=NIGHT),
    )
    for _ in range(120):
        x = canvas.chance.uniform(905, w)
        canvas.draw(
            tag(
                "rect",
                x=x,
                y=_HORIZON - canvas.chance.uniform(1, 24),
                width=2,
                height=2.4,
                fill=LAMP,
                opacity=canvas.chance.uniform(0.3, 0.95),
            )
        )
    # Water in the distance, before the barrier stands in it
    canvas.draw(
        tag(
            "rect",
            x=0,
            y=_HORIZON + 2,
            width=w,
            height=h,
            fill=canvas.linear((0, SLATE), (0.06, STORM), (0.3, DEEP), (1, INK)),
        )
    )
    canvas.draw(
        tag(
            "ellipse",
            cx=moon[0] - 40,
            cy=_HORIZON + 60,
            rx=240,
            ry=70,
            fill=canvas.radial((0, CREAM, 0.55), (1, FOG, 0)),
            filter=canvas.ripple(60, "0.004 0.11"),
        )
    )
    structure = ""
    for along in range(GATES, -1, -1):
        if along < GATES:
            structure += _gate(canvas, along, lifts[along])
        structure += _pier(canvas, along)
    structure += _walkway(canvas)
    canvas.draw(structure)
    open_gate = max(range(GATES), key=lambda along: lifts[along])
    if lifts[open_gate] > 1:
        x, y = _place(open_gate + 0.55, 1)
        canvas.draw(canvas.glow(x, y, 120, LAMP, 0.9), canvas.glow(x, _place(open_gate + 0.5, 15)[1], 46, EMBER, 1))
    lamps = []
    for along in range(GATES, -1, -1):
        x, y = _place(along + 0.02, -1)
        scale = y - _place(along, 0)[1]
        lamps.append(canvas.glints(x, y + scale, y + scale * 17, scale * 3.4, 90, LAMP, 0.95))
    canvas.draw(
        _swell(canvas, 640, 7, 0.4, STORM, DEEP, 0.35),
        canvas.glints(moon[0] - 30, _HORIZON + 6, 700, 150, 420, CREAM, 0.5),
        _swell(canvas, 690, 11, 1.9, STORM, NIGHT, 0.5),
        _ferry(canvas, 1010, 668, 118),
        canvas.glints(1008, 672, 760, 60, 60, LAMP, 0.8),
        tag("g", *lamps, style="mix-blend-mode:screen"),
        _swell(canvas, 780, 19, 3.1, SLATE, DEEP, 0.7),
        canvas.glints(moon[0] - 60, 770, 900, 260, 120, CREAM, 0.3),
        _swell(canvas, 878, 29, 5.2, STORM, NIGHT, 0.8),
        _swell(canvas, 985, 38, 0.9, DEEP, INK, 0.6),
    )
    canvas.draw(*(_spray(canvas, along) for along in range(5)))
    canvas.draw(canvas.rain(420, 0.42, 46))
    return canvas
