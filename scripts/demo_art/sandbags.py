"""The chain of people with sandbags on Town Quay."""

from __future__ import annotations

import math

from .canvas import CREAM, DEEP, INK, LAMP, NIGHT, SLATE, STORM, Canvas, polygon, shape, smooth, tag
from .figures import BEND, LIFT, PASS, REACH, hand, person


def sandbag(canvas: Canvas, x: float, y: float, long: float, light: float = 1.0) -> str:
    """One sandbag, lying; (x, y) is the middle of its underside."""
    tall = long * 0.36
    a = canvas.chance.uniform(-0.05, 0.05) * long
    end, top = long / 2, y - tall
    outline = (
        f"M{x - end},{y - tall * 0.3}C{x - end},{y - tall * 1.1} {x - long * 0.2},{top + a * 0.4} {x},{top}"
        f"C{x + long * 0.3},{top - a * 0.4} {x + end},{top} {x + end},{y - tall * 0.4}"
        f"C{x + end},{y + 1} {x + long * 0.3},{y} {x},{y}"
        f"C{x - long * 0.35},{y} {x - end},{y + 1} {x - end},{y - tall * 0.3}Z"
    )
    fill = canvas.linear((0, "#c79a62"), (0.35, "#7c6247"), (1, "#2b2d30"))
    stitches = ((-0.42, 0.45), (-0.1, 0.52), (0.2, 0.4), (0.43, 0.5))
    seam = smooth([(x + share * long, y - tall * up + a * 0.6) for share, up in stitches])
    return tag(
        "g",
        tag("path", d=outline, fill=INK, transform="translate(0 2)"),
        tag("path", d=outline, fill=fill, opacity=light),
        tag("path", d=seam, fill="none", stroke=INK, stroke_width=1.2, opacity=0.4),
    )


def _masts(canvas: Canvas, water: float) -> str:
    parts = []
    for x, size in ((180, 1.0), (345, 0.8), (520, 1.15), (1010, 0.9), (1205, 1.1), (1420, 0.85)):
        tilt = canvas.chance.uniform(-0.07, 0.07)
        top = water - 300 * size
        parts.append(
            tag(
                "g",
                shape("M-85,-22C-60,26 50,26 95,-34Z", x, water, size, fill=NIGHT),
                shape("M0,0V-300", x, water, size, stroke=NIGHT, stroke_width=5),
                shape("M0,-70L-80,-60", x, water, size, stroke=NIGHT, stroke_width=8),
                shape("M0,-300L92,-32M0,-300L-84,-22", x, water, size, stroke=NIGHT, stroke_width=1.5),
                tag("circle", cx=x, cy=top, r=2.6, fill=CREAM),
                transform=f"rotate({tilt * 57:.1f} {x} {water})",
            )
        )
    return "".join(parts)


def chain_of_sandbags() -> Canvas:
    canvas = Canvas(1600, 1000, seed=44)
    w, h = canvas.width, canvas.height
    water, ground = 560.0, 850.0
    canvas.draw(
        tag(
            "rect",
            width=w,
            height=h,
            fill=canvas.linear((0, INK), (0.35, NIGHT), (0.55, STORM), (0.57, DEEP), (1, INK)),
        ),
        canvas.clouds(INK, 0.9, -160, 360, "0.002 0.007", 41),
        canvas.clouds(SLATE, 0.4, 60, 560, "0.003 0.012", 8),
    )
    # The far bank
    hill = smooth([(-20.0, 505), (200, 480), (430, 500), (700, 470), (980, 492), (1250, 462), (1620, 488)])
    canvas.draw(tag("path", d=f"{hill}L{w + 20},{water}L-20,{water}Z", fill=NIGHT, opacity=0.9))
    for _ in range(150):
        x = canvas.chance.uniform(0, w)
        canvas.draw(
            tag(
                "circle",
                cx=x,
                cy=water - 8 - 60 * canvas.chance.random() ** 1.7,
                r=canvas.chance.uniform(1, 2.4),
                fill=LAMP,
                opacity=canvas.chance.uniform(0.3, 0.9),
            )
        )
    canvas.draw(
        tag(
            "rect",
            x=0,
            y=water - 4,
            width=w,
            height=h,
            fill=canvas.linear((0, SLATE), (0.12, STORM), (0.45, NIGHT), (1, INK)),
        )
    )
    for x in range(60, w, 105):
        canvas.draw(canvas.glints(x + canvas.chance.uniform(-30, 30), water, 735, 46, 34, LAMP, 0.55))
    canvas.draw(_masts(canvas, water + 40))
    # The lamp, and the rain in its light
    lamp = (905.0, 250.0)
    cone = [
        (lamp[0] - 26, lamp[1] + 14),
        (lamp[0] + 26, lamp[1] + 14),
        (lamp[0] + 470, ground + 60),
        (lamp[0] - 470, ground + 60),
    ]
    canvas.draw(
        polygon(
            cone,
            fill=canvas.linear((0, LAMP, 0.55), (0.6, LAMP, 0.16), (1, LAMP, 0)),
            filter=canvas.blur(26),
            style="mix-blend-mode:screen",
        ),
        tag("line", x1=lamp[0] + 62, y1=ground, x2=lamp[0] + 62, y2=lamp[1] - 8, stroke=INK, stroke_width=11),
        shape("M62,20C62,-34 10,-40 0,0", *lamp, fill="none", stroke=INK, stroke_width=8),
        canvas.glow(lamp[0], lamp[1] + 6, 330, LAMP, 1),
        shape("M-34,12L-14,-14L14,-14L34,12Z", *lamp, fill=INK),
        tag("ellipse", cx=lamp[0], cy=lamp[1] + 13, rx=26, ry=6, fill=CREAM),
    )
    # The wall: coping, and bags on it
    top = 728.0
    canvas.draw(
        polygon(
            [(0, top), (w, top), (w, ground + 10), (0, ground + 10)],
            fill=canvas.linear((0, STORM), (0.3, DEEP), (1, NIGHT)),
        ),
        tag("rect", x=0, y=top - 10, width=w, height=18, fill=SLATE),
        tag(
            "ellipse",
            cx=lamp[0],
            cy=top + 50,
            rx=520,
            ry=120,
            fill=canvas.radial((0, LAMP, 0.5), (1, LAMP, 0)),
            style="mix-blend-mode:screen",
        ),
    )
    for row in range(4):
        for n in range(-1, 15):
            x = n * 124 + (row % 2) * 62 + canvas.chance.uniform(-6, 6)
            canvas.draw(
                tag(
                    "rect",
                    x=x,
                    y=top + 10 + row * 31,
                    width=120,
                    height=28,
                    rx=3,
                    fill=INK,
                    opacity=canvas.chance.uniform(0.1, 0.32),
                )
            )
    for row, (start, end) in enumerate(((-40, 820), (-70, 700), (-50, 560), (-80, 330))):
        x = float(start)
        while x < end:
            near = math.exp(-(((x - lamp[0]) / 520) ** 2))
            canvas.draw(
                sandbag(canvas, x + 44, top - 8 - row * 29 + canvas.chance.uniform(-2, 2), 92, 0.45 + 0.55 * near)
            )
            x += 84 + canvas.chance.uniform(-4, 4)
    # The ground, wet
    canvas.draw(
        tag("rect", x=0, y=ground, width=w, height=h - ground, fill=canvas.linear((0, DEEP), (0.25, NIGHT), (1, INK))),
        canvas.glints(lamp[0], ground + 8, h, 330, 260, LAMP, 0.75),
    )
    chain = (
        (545.0, 908.0, 300.0, LIFT, -1, "#12222e", ""),
        (752.0, 926.0, 318.0, REACH, 1, "#0f2b3d", "#5a3d2e"),
        (945.0, 916.0, 302.0, PASS, -1, "#a34a28", "#a8795a"),
        (1122.0, 930.0, 324.0, REACH, 1, "#101c27", "#7d5741"),
        (1316.0, 918.0, 298.0, PASS, -1, "#23404c", "#4a3328"),
        (1450.0, 934.0, 316.0, BEND, 1, "#0c1a26", ""),
    )
    for x, foot, tall, pose, facing, coat, face in chain:
        light = 1 if x < lamp[0] else -1
        canvas.draw(
            tag(
                "ellipse",
                cx=x - light * 40,
                cy=foot + 2,
                rx=110,
                ry=11,
                fill=INK,
                opacity=0.65,
                filter=canvas.blur(9, 3),
            ),
            person(
                x,
                foot,
                tall,
                pose,
                facing=facing,
                coat=coat,
                light_from=light,
                face=face,
                stripes=pose is PASS and facing < 0 and x < 1000,
            ),
        )
        if pose in (LIFT, PASS):
            px, py = hand(x, foot, tall, pose, facing)
            canvas.draw(sandbag(canvas, px - 6, py + 10, 96, 1.0))
    for row, count in enumerate((5, 4, 2)):
        for n in range(count):
            canvas.draw(sandbag(canvas, 1515 + n * 86 + row * 44, 962 - row * 31, 96, 0.8))
    canvas.draw(canvas.rain(520, 0.34, 48, opacity=0.3))
    return canvas
