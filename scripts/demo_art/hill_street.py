"""The school on the hill that stays open."""

from __future__ import annotations

import math

from .canvas import CREAM, DEEP, EMBER, INK, LAMP, NIGHT, SLATE, STORM, Canvas, Point, polygon, shape, smooth, tag
from .figures import SHELTER, WALK, person


def _rucksack(x: float, foot: float, tall: float) -> str:
    return shape("M-0.13,-0.8a0.1,0.16 0 1 0 0.01,0Z", x, foot, tall, fill="#20333d") + shape(
        "M-0.13,-0.8a0.1,0.16 0 0 1 0.1,0.13", x, foot, tall, fill="none", stroke=LAMP, stroke_width=0.012
    )


def _umbrella(x: float, y: float, wide: float) -> str:
    """Held at (x, y), tilted into the wind; `wide` is half its width."""
    shade = "M-1,-1C-0.9,-1.85 0.9,-1.85 1,-1Q0.75,-1.16 0.5,-1Q0.25,-1.16 0,-1Q-0.25,-1.16 -0.5,-1Q-0.75,-1.16 -1,-1Z"
    return tag(
        "g",
        shape("M0,0V-1.6", 0, 0, 1, stroke=INK, stroke_width=0.055),
        shape(shade, 0, 0, 1, fill="#101f2b"),
        shape("M0,-1.64C0.6,-1.62 0.9,-1.4 1,-1", 0, 0, 1, fill="none", stroke=LAMP, stroke_width=0.048),
        transform=f"translate({x:.1f} {y:.1f}) rotate(-14) scale({wide:.2f})",
    )


def school_on_the_hill() -> Canvas:
    canvas = Canvas(1600, 1000, seed=21)
    w, h = canvas.width, canvas.height
    canvas.draw(
        tag("rect", width=w, height=h, fill=canvas.linear((0, INK), (0.4, NIGHT), (0.62, STORM), (1, INK))),
        canvas.clouds(INK, 0.95, -160, 480, "0.0022 0.006", 52),
        canvas.clouds(SLATE, 0.45, 0, 620, "0.003 0.01", 17),
    )
    # City and sea, far down on the left
    canvas.draw(
        tag("rect", x=0, y=590, width=760, height=120, fill=canvas.linear((0, SLATE), (0.4, STORM), (1, NIGHT))),
        tag(
            "ellipse",
            cx=180,
            cy=640,
            rx=420,
            ry=80,
            fill=canvas.radial((0, LAMP, 0.45), (1, EMBER, 0)),
            style="mix-blend-mode:screen",
        ),
    )
    for n in range(10):
        x = 60 + n * 34.0
        canvas.draw(
            tag("path", d=f"M{x},612v-15q0,-9 8,-10v25Z", fill=INK), tag("circle", cx=x + 4, cy=606, r=1.8, fill=LAMP)
        )
    roofs: list[Point] = [(-20.0, 820.0)]
    x = -20.0
    while x < 620:
        step = canvas.chance.uniform(14, 34)
        top = 668 - canvas.chance.uniform(0, 26) - 12 * math.sin(x / 90)
        roofs += [(x, top), (x + step / 2, top - canvas.chance.uniform(0, 12)), (x + step, top)]
        x += step
    canvas.draw(polygon([*roofs, (640.0, 820.0)], fill=INK, opacity=0.92))
    for _ in range(230):
        x, y = canvas.chance.uniform(0, 600), 674 + 110 * canvas.chance.random() ** 1.4
        canvas.draw(tag("rect", x=x, y=y, width=2.6, height=3, fill=LAMP, opacity=canvas.chance.uniform(0.25, 0.9)))
    # The hill
    hill: list[Point] = [
        (-40.0, 800),
        (180, 770),
        (420, 700),
        (640, 600),
        (860, 520),
        (1080, 486),
        (1330, 478),
        (1640, 500),
    ]
    canvas.draw(
        tag(
            "path",
            d=f"{smooth(hill)}L{w + 40},{h + 20}L-40,{h + 20}Z",
            fill=canvas.linear((0, DEEP), (0.4, NIGHT), (1, INK)),
        )
    )
    # The school: long, plain, every window lit
    x0, y0, wide, tall = 930.0, 292.0, 560.0, 206.0
    canvas.draw(
        tag(
            "ellipse",
            cx=x0 + wide / 2,
            cy=y0 + 130,
            rx=560,
            ry=330,
            fill=canvas.radial((0, LAMP, 0.6), (0.5, EMBER, 0.16), (1, EMBER, 0)),
            style="mix-blend-mode:screen",
        ),
        tag("rect", x=x0, y=y0, width=wide, height=tall, fill=canvas.linear((0, "#32424a"), (1, "#4c4b46"))),
        polygon(
            [(x0 - 22, y0 + 4), (x0 + 24, y0 - 64), (x0 + wide - 24, y0 - 64), (x0 + wide + 22, y0 + 4)],
            fill=canvas.linear((0, NIGHT), (1, INK)),
        ),
        tag("rect", x=x0 + wide / 2 - 46, y=y0 - 150, width=92, height=160, fill="#2b3a43"),
        polygon([(x0 + wide / 2 - 58, y0 - 148), (x0 + wide / 2, y0 - 222), (x0 + wide / 2 + 58, y0 - 148)], fill=INK),
        tag("circle", cx=x0 + wide / 2, cy=y0 - 104, r=30, fill=CREAM),
        tag(
            "path",
            d=f"M{x0 + wide / 2},{y0 - 104}v-20M{x0 + wide / 2},{y0 - 104}l13,9",
            stroke=INK,
            stroke_width=4,
            stroke_linecap="round",
        ),
        canvas.glow(x0 + wide / 2, y0 - 104, 110, LAMP, 0.7),
    )
    for row in range(2):
        for n in range(9):
            x, y = x0 + 24 + n * 59.5, y0 + 24 + row * 92
            if row == 1 and n == 4:
                continue
            canvas.draw(
                tag("rect", x=x, y=y, width=40, height=60, fill=canvas.linear((0, LAMP), (0.7, CREAM), (1, CREAM))),
                tag("path", d=f"M{x + 20},{y}v60M{x},{y + 22}h40", stroke="#4c3a2a", stroke_width=3),
            )
            for _ in range(int(canvas.chance.random() * 3)):
                px = x + canvas.chance.uniform(8, 32)
                canvas.draw(
                    tag("path", d=f"M{px - 8},{y + 60}v-16q0,-9 8,-9t8,9v16Z", fill="#7a4a26", opacity=0.75),
                    tag("circle", cx=px, cy=y + 30, r=5, fill="#7a4a26", opacity=0.75),
                )
    door = (x0 + wide / 2 - 34, y0 + 116)
    canvas.draw(
        tag("rect", x=door[0] - 8, y=door[1] - 8, width=84, height=98, fill="#2b2a28"),
        tag("rect", x=door[0], y=door[1], width=68, height=90, fill=CREAM),
        canvas.glow(door[0] + 34, door[1] + 50, 190, LAMP, 0.95),
        polygon(
            [(door[0], y0 + tall), (door[0] + 68, y0 + tall), (door[0] + 40, 680), (door[0] - 150, 690)],
            fill=canvas.linear((0, LAMP, 0.7), (1, LAMP, 0)),
            filter=canvas.blur(8),
            style="mix-blend-mode:screen",
        ),
    )
    # The path up, and the trees over it
    left_edge: list[Point] = [(380, 1040), (520, 940), (770, 860), (930, 780), (1000, 690), (1090, 600), (1178, 500)]
    right_edge: list[Point] = [(1246, 500), (1196, 610), (1150, 720), (1120, 830), (1010, 930), (900, 990), (860, 1040)]
    path = f"{smooth(left_edge)}L{smooth(right_edge)[1:]}Z"
    canvas.draw(tag("path", d=path, fill=canvas.linear((0, "#a98a58"), (0.25, "#56564e"), (1, "#16262f"))))
    for x, y, size in ((612, 640, 1.25), (1538, 520, 1.45), (742, 576, 0.8)):
        canvas.draw(shape("M0,0C-6,-60 10,-100 30,-150", x, y, size, stroke=INK, stroke_width=13, fill="none"))
        leaves = []
        for _ in range(70):
            away = canvas.chance.random()
            leaves.append(
                tag(
                    "ellipse",
                    cx=x + (30 + 95 * away + canvas.chance.gauss(0, 26)) * size,
                    cy=y - (165 - 10 * away + canvas.chance.gauss(0, 30 * (1 - away * 0.5))) * size,
                    rx=canvas.chance.uniform(14, 34) * size,
                    ry=canvas.chance.uniform(6, 13) * size,
                    fill=INK if canvas.chance.random() < 0.7 else NIGHT,
                    opacity=0.92,
                )
            )
        canvas.draw(*leaves)
    walkers = (
        (1176.0, 560.0, 62.0, "#3a2a24", 0, 0),
        (1120, 640, 84, "#8c3f24", 1, 0),
        (1078, 652, 80, INK, 0, 0),
        (1052, 760, 118, "#0f2b3d", 1, 0),
        (980, 772, 112, INK, 0, 1),
        (880, 856, 160, "#7d3a24", 0, 0),
        (782, 880, 168, "#0b1a26", 1, 0),
        (640, 966, 214, "#16323f", 1, 1),
        (548, 984, 150, "#9c4a2a", 0, 0),
    )
    for x, foot, size, coat, umbrella, bundle in walkers:
        pose = SHELTER if umbrella else WALK
        canvas.draw(tag("ellipse", cx=x - size * 0.2, cy=foot, rx=size * 0.34, ry=size * 0.035, fill=INK, opacity=0.6))
        canvas.draw(person(x, foot, size, pose, facing=1, coat=coat, light_from=1))
        if bundle:
            canvas.draw(_rucksack(x, foot, size))
        if umbrella:
            canvas.draw(_umbrella(x + size * 0.085, foot - size * 0.78, size * 0.29))
    canvas.draw(
        canvas.glow(574, 880, 120, LAMP, 0.85), tag("rect", x=568, y=872, width=12, height=17, rx=3, fill=CREAM)
    )
    canvas.draw(canvas.rain(560, 0.5, 48, opacity=0.3))
    return canvas
