"""The river on the morning after."""

from __future__ import annotations

from .canvas import EMBER, FOG, LAMP, ROSE, Canvas, Point, polygon, shape, smooth, tag
from .figures import POINT, STAND, WALK, person
from .sandbags import sandbag


def _cello(x: float, y: float, tall: float, rim: str) -> str:
    """A cello in its case, carried on a back."""
    case = (
        "M-5,-52C-2,-57 6,-57 8,-52L10,-18C24,-14 23,4 18,9C32,20 28,50 6,50C-20,50 -24,20 -12,9C-18,4 -19,-14 -6,-18Z"
    )
    size = tall / 100
    return tag(
        "g",
        shape(case, x - 2.2 * size, y - size, size, fill=rim, opacity=0.9),
        shape(case, x, y, size, fill="#0b1c27"),
        transform=f"rotate(9 {x} {y})",
    )


def first_light() -> Canvas:
    """From the quay: the ten towers across the river, every gate down, and the sun behind the ship gate."""
    canvas = Canvas(1600, 1000, seed=9)
    w, h = canvas.width, canvas.height
    horizon, sun = 520.0, (872.0, 486.0)
    canvas.draw(
        tag(
            "rect",
            width=w,
            height=horizon + 4,
            fill=canvas.linear((0, "#16384e"), (0.35, "#4b7583"), (0.62, "#b9a99a"), (0.82, ROSE), (1, "#fbd08c")),
        ),
        tag(
            "circle",
            cx=sun[0],
            cy=sun[1],
            r=620,
            fill=canvas.radial((0, "#fff0cf", 0.95), (0.18, LAMP, 0.6), (0.55, EMBER, 0.22), (1, EMBER, 0)),
            style="mix-blend-mode:screen",
        ),
        canvas.clouds("#3d5a68", 0.75, -40, 330, "0.0016 0.009", 23),
        canvas.clouds(ROSE, 0.8, 120, 460, "0.0016 0.012", 14),
        canvas.clouds("#fbd9a4", 0.8, 260, 500, "0.0014 0.02", 36),
        tag("circle", cx=sun[0], cy=sun[1], r=44, fill="#fff6df"),
    )
    west: list[Point] = [(-20, 492), (160, 476), (330, 488), (470, 506), (560, 512)]
    east: list[Point] = [(1180, 512), (1300, 498), (1450, 470), (1640, 482)]
    far = smooth(west + east)
    canvas.draw(tag("path", d=f"{far}L{w + 40},{horizon + 4}L-40,{horizon + 4}Z", fill="#5d6f78", opacity=0.75))
    towers = [330 + n * 121.0 for n in range(10)]
    deck = horizon - 26
    canvas.draw(tag("rect", x=0, y=deck, width=w, height=7, fill="#23414f"))
    curve = "C-20,-118 2,-118 18,-118"
    for n, x in enumerate(towers):
        lit = "M18,-118L27,-59V12" if x < sun[0] else f"M-20,12V-65{curve}"
        metal = canvas.linear((0, "#6f8790"), (0.5, "#34525f"), (1, "#1c3948"))
        canvas.draw(
            shape(f"M-20,12V-65{curve}L27,-59V12Z", x, horizon, fill=metal),
            shape(lit, x, horizon, fill="none", stroke="#ffe2ae", stroke_width=2.5, opacity=0.95),
        )
        if n < 9:
            canvas.draw(
                tag(
                    "rect",
                    x=x + 27,
                    y=horizon - 12,
                    width=74,
                    height=24,
                    fill=canvas.linear((0, "#41606c"), (1, "#17323f")),
                )
            )
    canvas.draw(
        tag(
            "rect",
            x=0,
            y=horizon + 3,
            width=w,
            height=h,
            fill=canvas.linear((0, "#f3c58d"), (0.08, "#d49f86"), (0.26, "#7f8f95"), (0.55, "#2f5364"), (1, "#122c3c")),
        )
    )
    canvas.define(tag("clipPath", tag("rect", x=0, y=horizon + 3, width=w, height=h), id="river"))
    mirrored = [
        tag(
            "rect",
            x=x - 20,
            y=horizon - 30,
            width=47,
            height=160,
            fill=canvas.linear((0, "#1c3948", 0.8), (0.3, "#1c3948", 0.7), (1, "#1c3948", 0)),
            filter=canvas.ripple(22, "0.01 0.09", int(x)),
        )
        for x in towers
    ]
    canvas.draw(tag("g", *mirrored, clip_path="url(#river)"))
    canvas.draw(
        canvas.glints(sun[0], horizon + 12, 850, 190, 900, "#fff0cf", 0.95),
        canvas.glints(sun[0], horizon + 60, 900, 430, 420, LAMP, 0.6),
        canvas.glints(400, horizon + 20, 860, 520, 240, FOG, 0.3),
        canvas.glints(1350, horizon + 20, 860, 420, 240, "#17323f", 0.4),
    )
    for _ in range(16):
        x, y, span = canvas.chance.gauss(560, 260), canvas.chance.uniform(150, 420), canvas.chance.uniform(8, 22)
        wings = "M-1,-0.3Q-0.4,-0.55 0,0Q0.45,-0.6 1,-0.25"
        ink = {"fill": "none", "stroke": "#1c3948", "stroke_linecap": "round"}
        canvas.draw(shape(wings, x, y, span, stroke_width=0.06 + 2 / span, opacity=0.8, **ink))
    # The quay in front, still wet, with what the night left on it
    quay = 868.0
    canvas.draw(
        polygon(
            [(0, quay - 18), (w, quay + 22), (w, h), (0, h)],
            fill=canvas.linear((0, "#3a5563"), (0.2, "#203c4b"), (1, "#0c1f2c")),
        ),
        polygon([(0, quay - 18), (w, quay + 22), (w, quay + 30), (0, quay - 8)], fill="#f0c48f", opacity=0.85),
        canvas.glints(860, quay + 30, h + 10, 300, 200, "#f8cf97", 0.6),
        tag(
            "path",
            d=f"M1270,{quay + 74}c-22,0 -27,-30 -20,-56c-15,-7 -15,-22 0,-26h58c15,4 15,19 0,26c7,26 2,56 -20,56Z",
            fill="#0c1f2c",
        ),
        tag("path", d=f"M1250,{quay - 8}h58", stroke="#ffd9a0", stroke_width=4, opacity=0.8),
    )
    for row, count in enumerate((4, 3, 1)):
        for n in range(count):
            x, y = 72 + n * 92 + row * 44, quay + 72 - row * 32
            canvas.draw(sandbag(canvas, x, y, 98, 0.9))
    gold = "#ffdca6"
    for x in (575, 655, 1096):
        canvas.draw(
            tag("ellipse", cx=x - 20, cy=quay + 98, rx=70, ry=7, fill="#06121b", opacity=0.6, filter=canvas.blur(6, 2))
        )
    canvas.draw(
        person(560, quay + 96, 236, STAND, facing=1, coat="#0f2431", legs="#0a1a25", rim=gold, light_from=1),
        person(642, quay + 100, 214, POINT, facing=1, coat="#8c4528", legs="#0a1a25", rim=gold, light_from=1),
        _cello(1128, quay - 28, 150, gold),
        person(1096, quay + 98, 228, WALK, facing=-1, coat="#1c3f4c", legs="#0a1a25", rim=gold, light_from=-1),
    )
    return canvas
