"""The board that the harbour is read from."""

from __future__ import annotations

import math

from .canvas import CREAM, DEEP, EMBER, FOG, INK, LAMP, NIGHT, SLATE, STORM, Canvas, polygon, shape, smooth, tag


def tide_board() -> Canvas:
    """The board at Town Quay, with the water at 4.18 metres and the edge of the wall marked at 4.60."""
    canvas = Canvas(1600, 1000, seed=77)
    w, h = canvas.width, canvas.height
    water = 690.0
    metre = 520.0

    def level(metres: float) -> float:
        return water - (metres - 4.18) * metre

    canvas.draw(
        tag("rect", width=w, height=h, fill=canvas.linear((0, INK), (0.4, NIGHT), (0.66, DEEP), (0.7, STORM), (1, INK)))
    )
    for _ in range(46):
        x, y = canvas.chance.uniform(-40, w + 40), water - 60 - 330 * canvas.chance.random() ** 1.5
        radius = canvas.chance.uniform(12, 46)
        colour = (LAMP, LAMP, CREAM, EMBER, FOG)[int(canvas.chance.random() * 5)]
        canvas.draw(
            tag(
                "circle",
                cx=x,
                cy=y,
                r=radius,
                fill=colour,
                opacity=canvas.chance.uniform(0.06, 0.3),
                filter=canvas.blur(2.2),
                style="mix-blend-mode:screen",
            )
        )
    canvas.draw(
        tag("rect", x=0, y=water - 34, width=w, height=h, fill=canvas.linear((0, STORM), (0.3, DEEP), (1, INK)))
    )
    for x in range(-20, w, 130):
        canvas.draw(canvas.glints(x + canvas.chance.uniform(-40, 40), water - 30, h, 120, 60, LAMP, 0.4))
    # The quay's edge to the left, in dressed stone
    wall = level(4.60)
    canvas.draw(
        polygon([(0, wall), (395, wall), (395, h), (0, h)], fill=canvas.linear((0, STORM), (0.5, NIGHT), (1, INK)))
    )
    for row in range(9):
        for n in range(4):
            x = -90 + n * 138 + (row % 2) * 66
            top = wall + 34 + row * 66
            canvas.draw(
                tag(
                    "rect",
                    x=x,
                    y=top,
                    width=min(132.0, 393 - x),
                    height=60,
                    rx=4,
                    fill=INK if (n + row) % 3 else SLATE,
                    opacity=canvas.chance.uniform(0.12, 0.3),
                )
            )
    canvas.draw(
        polygon(
            [(0, wall - 16), (412, wall - 16), (412, wall + 28), (0, wall + 28)],
            fill=canvas.linear((0, FOG), (0.2, SLATE), (1, DEEP)),
        ),
        tag(
            "path",
            d=f"M352,{wall - 16}c-26,0 -30,-34 -22,-66c-18,-8 -18,-26 0,-30h64c18,4 18,22 0,30c8,32 4,66 -22,66Z",
            fill=INK,
        ),
        tag("path", d=f"M330,{wall - 82}h64", stroke=FOG, stroke_width=4, opacity=0.6),
        tag(
            "path",
            d=f"M350,{wall - 44}C420,{wall - 10} 440,{wall + 80} 470,{water + 20}",
            fill="none",
            stroke="#8a7353",
            stroke_width=11,
        ),
        tag(
            "path",
            d=f"M350,{wall - 44}C420,{wall - 10} 440,{wall + 80} 470,{water + 20}",
            fill="none",
            stroke=INK,
            stroke_width=11,
            stroke_dasharray="3 9",
            opacity=0.5,
        ),
    )
    # The pile and its board
    left, right = 800.0, 1010.0
    canvas.draw(
        tag(
            "rect",
            x=left - 74,
            y=-20,
            width=right - left + 148,
            height=h,
            fill=canvas.linear((0, INK), (0.3, "#2c3a40"), (0.7, "#3a3a38"), (1, INK), angle="right"),
        ),
        tag(
            "rect",
            x=left,
            y=-20,
            width=right - left,
            height=h,
            fill=canvas.linear((0, "#cfc6ad"), (0.65, CREAM), (1, "#b7a98a"), angle="right"),
        ),
    )
    for step in range(310, 560):
        metres = step / 100
        y = level(metres)
        if not -40 < y < h or step % 2:
            continue
        if step % 10 == 0:
            canvas.draw(
                tag("rect", x=left, y=y - 2.5, width=96, height=5, fill=INK),
                tag(
                    "text",
                    f"{metres:.1f}",
                    x=right - 14,
                    y=y + 17,
                    font_family="DejaVu Sans Condensed, Liberation Sans Narrow, sans-serif",
                    font_size=48,
                    font_weight="bold",
                    text_anchor="end",
                    fill=INK,
                ),
            )
        else:
            canvas.draw(tag("rect", x=left, y=y - 1.4, width=34 if step % 4 else 52, height=2.8, fill=INK))
    mark = level(4.60)
    canvas.draw(
        tag("rect", x=left - 74, y=mark - 5, width=176, height=10, fill=EMBER),
        polygon([(left - 74, mark - 30), (left - 20, mark), (left - 74, mark + 30)], fill=EMBER),
        tag(
            "rect", x=left, y=water - 44, width=right - left, height=60, fill=canvas.linear((0, INK, 0), (1, INK, 0.6))
        ),
        tag(
            "rect",
            x=left - 74,
            y=0,
            width=right - left + 148,
            height=h,
            fill=canvas.linear((0, INK, 0.72), (0.3, INK, 0.05), (0.66, INK, 0.1), (1, INK, 0.5)),
        ),
    )
    # A lantern held out over the edge
    lantern = (610.0, 330.0)
    canvas.draw(
        canvas.glow(lantern[0], lantern[1] + 42, 520, LAMP, 0.95),
        shape("M120,-150H20C-6,-150 0,-110 0,-62", *lantern, fill="none", stroke="#04090e", stroke_width=9),
        shape("M116,-40L60,-148", *lantern, fill="none", stroke="#04090e", stroke_width=6),
        shape("M-26,-64C-40,-10 40,-10 26,-64", *lantern, fill="none", stroke=INK, stroke_width=4),
        tag(
            "rect",
            x=lantern[0] - 32,
            y=lantern[1],
            width=64,
            height=88,
            rx=8,
            fill=canvas.linear((0, LAMP), (0.5, CREAM), (1, LAMP)),
        ),
        shape("M-42,0h84l-16,-22h-52ZM-42,88h84v14h-84Z", *lantern, fill=INK),
        shape("M-11,0v88M11,0v88", *lantern, stroke=INK, stroke_width=3, opacity=0.7),
        canvas.glow(lantern[0], lantern[1] + 42, 130, CREAM, 0.7),
    )
    # The water, over the foot of everything
    surface = smooth([(n * 50.0, water + 6 * math.sin(n / 1.7) + 4 * math.sin(n / 0.6)) for n in range(-1, 34)])
    canvas.draw(
        tag(
            "path",
            d=f"{surface}L{w + 50},{h + 20}L-50,{h + 20}Z",
            fill=canvas.linear((0, STORM, 0.9), (0.2, DEEP, 0.95), (1, INK, 1)),
        ),
        tag("path", d=surface, fill="none", stroke=FOG, stroke_width=3, opacity=0.55),
        canvas.glints(905, water + 14, h, 170, 170, CREAM, 0.6),
        canvas.glints(lantern[0], water + 10, h, 210, 220, LAMP, 0.95),
    )
    for ring in range(5):
        canvas.draw(
            tag(
                "ellipse",
                cx=905,
                cy=water + 16 + ring * 5,
                rx=190 + ring * 64,
                ry=12 + ring * 9,
                fill="none",
                stroke=FOG,
                stroke_width=2,
                opacity=0.34 - ring * 0.06,
            )
        )
    canvas.draw(canvas.rain(300, 0.3, 60, opacity=0.28))
    return canvas
