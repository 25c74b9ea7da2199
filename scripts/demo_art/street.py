"""Eel Street with the river in it."""

from __future__ import annotations

from .canvas import CREAM, DEEP, EMBER, FOG, INK, LAMP, NIGHT, SLATE, STORM, Canvas, Point, polygon, shape, tag
from .figures import POLE, person

_WIDE = 6.4


class _View:
    """From a first-floor window over the middle of the street; metres. `flip` is -1 for what the water mirrors."""

    def __init__(self, flip: int) -> None:
        self.flip = flip

    def at(self, side: float, depth: float, up: float) -> Point:
        return 690 + 980 * side / depth, 470 + 980 * (2.6 - self.flip * up) / depth


def _house(canvas: Canvas, view: _View, side: int, near: float, far: float, tall: float, gable: str, wall: str) -> str:
    wide = side * _WIDE
    middle = (near + far) / 2
    if gable == "step":
        n = 4
        half = (far - near) / 2
        top: list[Point] = [(near, tall)]
        for i in range(n):
            top += [
                (near + half * i / n, tall + 2.6 * (i + 0.6) / n),
                (near + half * (i + 1) / n, tall + 2.6 * (i + 0.6) / n),
            ]
        crown = [*top, *((2 * middle - depth, up) for depth, up in reversed(top))]
    elif gable == "point":
        crown = [(near, tall), (middle, tall + 3.4), (far, tall)]
    else:
        crown = [(near, tall), (near, tall + 0.5), (far, tall + 0.5), (far, tall)]
    points = [view.at(wide, near, 0), *(view.at(wide, depth, up) for depth, up in crown), view.at(wide, far, 0)]
    parts = [
        polygon(points, fill=wall),
        polygon(points, fill=canvas.linear((0, INK, 0.75), (0.6, INK, 0.25), (1, LAMP, 0.16))),
    ]
    storeys = int(tall // 2.9)
    columns = 3 if far - near > 5 else 2
    for storey in range(storeys):
        for column in range(columns):
            start = near + (far - near) * (column + 0.28) / columns
            end = near + (far - near) * (column + 0.72) / columns
            low = 0.9 + storey * 2.9
            if storey == 0 and column == 1:
                low, high = 0.0, 2.4
            else:
                high = low + 1.55
            lit = storey > 0 and canvas.chance.random() < 0.3
            pane = [
                view.at(wide, start, low),
                view.at(wide, start, high),
                view.at(wide, end, high),
                view.at(wide, end, low),
            ]
            parts.append(
                polygon(pane, fill=canvas.linear((0, LAMP), (1, CREAM)) if lit else INK, opacity=0.95 if lit else 0.6)
            )
            if storey > 0:
                bar = [view.at(wide, (start + end) / 2, low), view.at(wide, (start + end) / 2, high)]
                parts.append(
                    tag("line", x1=bar[0][0], y1=bar[0][1], x2=bar[1][0], y2=bar[1][1], stroke=wall, stroke_width=2)
                )
                sill = [view.at(wide, start - 0.15, low), view.at(wide, end + 0.15, low)]
                parts.append(
                    tag(
                        "line",
                        x1=sill[0][0],
                        y1=sill[0][1],
                        x2=sill[1][0],
                        y2=sill[1][1],
                        stroke=SLATE,
                        stroke_width=2.2,
                        opacity=0.4,
                    )
                )
    edge = crown[0]
    x, y = view.at(wide, edge[0], edge[1])
    foot = view.at(wide, edge[0], 0)
    parts.append(tag("line", x1=x, y1=y, x2=foot[0], y2=foot[1], stroke=INK, stroke_width=2.5, opacity=0.55))
    return "".join(parts)


def _lamp(canvas: Canvas, view: _View, side: float, depth: float) -> str:
    foot, head, arm = view.at(side, depth, 0), view.at(side, depth, 4.3), view.at(side * 0.82, depth, 4.5)
    u = 980 / depth
    return "".join(
        (
            tag("line", x1=foot[0], y1=foot[1], x2=head[0], y2=head[1], stroke=INK, stroke_width=0.14 * u),
            tag("line", x1=head[0], y1=head[1], x2=arm[0], y2=arm[1], stroke=INK, stroke_width=0.09 * u),
            canvas.glow(arm[0], arm[1], 3.4 * u, LAMP, 0.95),
            tag("ellipse", cx=arm[0], cy=arm[1], rx=0.26 * u, ry=0.2 * u, fill=CREAM),
        )
    )


def _street(canvas: Canvas, view: _View) -> str:
    walls = (DEEP, STORM, NIGHT, "#3a4a57", "#23485a", "#4a4a52")
    parts: list[str] = []
    for side, tall, gables in (
        (-1, (9.5, 7.6, 10.5, 8.4, 9.2, 7.8, 9.9, 8.8), "step point flat step point step flat step"),
        (1, (8.2, 10.2, 7.9, 9.6, 8.0, 10.4, 8.5, 9.0), "point step point flat step point step flat"),
    ):
        depth = 5.2 if side < 0 else 4.4
        row = []
        for n, (height, gable) in enumerate(zip(tall, gables.split(), strict=True)):
            far = depth + (5.6, 4.6, 6.4)[n % 3]
            row.append(_house(canvas, view, side, depth, far, height, gable, walls[(n * 2 + (side > 0)) % len(walls)]))
            depth = far
        parts += reversed(row)
    for depth in (38, 29, 21, 14):
        parts += [_lamp(canvas, view, -5.2, depth), _lamp(canvas, view, 5.2, depth + 3.5)]
    return "".join(parts)


def _tram(canvas: Canvas, view: _View) -> str:
    """The number 5, left where the current went off."""
    left, right, depth, back = 0.4, 3.0, 25.0, 36.0
    front = [view.at(left, depth, 0), view.at(left, depth, 3.3), view.at(right, depth, 3.3), view.at(right, depth, 0)]
    flank = [view.at(left, depth, 0), view.at(left, depth, 3.3), view.at(left, back, 3.3), view.at(left, back, 0)]
    glass = [
        view.at(left + 0.2, depth, 1.5),
        view.at(left + 0.2, depth, 2.7),
        view.at(right - 0.2, depth, 2.7),
        view.at(right - 0.2, depth, 1.5),
    ]
    band = [
        view.at(left, depth, 0.7),
        view.at(left, depth, 1.25),
        view.at(right, depth, 1.25),
        view.at(right, depth, 0.7),
    ]
    x, y = view.at((left + right) / 2, depth, 3.0)
    return "".join(
        (
            polygon(flank, fill=INK),
            polygon(front, fill=canvas.linear((0, "#7d3a22"), (1, "#40211a"))),
            polygon(band, fill=CREAM, opacity=0.7),
            polygon(glass, fill=NIGHT),
            tag("rect", x=x - 9, y=y - 5, width=18, height=9, fill=LAMP, opacity=0.85),
        )
    )


def _boat(x: float, y: float, u: float) -> str:
    """A flat-bottomed boat with somebody standing in it; `u` is pixels a metre."""
    rail = "M-2.5,-0.5L-2.2,-0.42L2.1,-0.42L2.5,-0.52"
    hull = f"{rail}C2.3,0 1.9,0.14 1.4,0.14L-1.5,0.14C-2,0.14 -2.3,-0.1 -2.5,-0.5Z"
    return "".join(
        (
            tag(
                "line",
                x1=x - 0.32 * u,
                y1=y - 2.7 * u,
                x2=x - 1.1 * u,
                y2=y + 0.6 * u,
                stroke=INK,
                stroke_width=0.08 * u,
            ),
            person(x - 0.1 * u, y - 0.35 * u, 1.8 * u, POLE, facing=-1, light_from=1),
            shape("M0.55,-0.45c0.02,-0.75 0.75,-0.75 0.8,0Z", x, y, u, fill=INK),
            tag("circle", cx=x + 0.95 * u, cy=y - 1.08 * u, r=0.15 * u, fill=INK),
            tag(
                "line",
                x1=x + 2.2 * u,
                y1=y - 0.4 * u,
                x2=x + 2.2 * u,
                y2=y - 1.75 * u,
                stroke=INK,
                stroke_width=0.07 * u,
            ),
            shape(hull, x, y, u, fill="#3d2a22"),
            shape(rail, x, y, u, fill="none", stroke=LAMP, stroke_width=0.06, opacity=0.8),
        )
    )


def flooded_street() -> Canvas:
    canvas = Canvas(1600, 1000, seed=12)
    w, h = canvas.width, canvas.height
    canvas.draw(
        tag("rect", width=w, height=h, fill=canvas.linear((0, "#091824"), (0.4, DEEP), (0.5, STORM), (1, INK))),
        canvas.clouds(INK, 0.9, -100, 380, "0.003 0.006", 15),
        canvas.clouds(SLATE, 0.4, 60, 470, "0.004 0.01", 2),
        tag(
            "ellipse",
            cx=690,
            cy=450,
            rx=330,
            ry=190,
            fill=canvas.radial((0, LAMP, 0.55), (0.5, EMBER, 0.15), (1, EMBER, 0)),
            style="mix-blend-mode:screen",
        ),
    )
    real, mirrored = _View(1), _View(-1)
    state = canvas.chance.getstate()
    below = _street(canvas, mirrored) + _tram(canvas, mirrored)
    canvas.chance.setstate(state)
    above = _street(canvas, real) + _tram(canvas, real)
    horizon = 520.0
    canvas.define(tag("clipPath", tag("rect", x=0, y=horizon, width=w, height=h), id="water"))
    canvas.draw(
        tag(
            "g",
            tag("rect", x=0, y=horizon, width=w, height=h, fill=canvas.linear((0, SLATE), (0.1, DEEP), (1, INK))),
            tag("g", below, filter=canvas.ripple(38, "0.004 0.05", 6), opacity=0.85),
            tag("rect", x=0, y=horizon, width=w, height=h, fill=canvas.linear((0, NIGHT, 0.15), (1, INK, 0.72))),
            clip_path="url(#water)",
        ),
        above,
    )
    for depth in (14.0, 17.5, 21, 24.5, 29, 32.5, 38, 41.5):
        side = -1 if depth in (14.0, 21, 29, 38) else 1
        x, y = real.at(side * 4.3, depth, 0)
        u = 980 / depth
        canvas.draw(canvas.glints(x, y, min(h + 40, y + 9 * u), 1.1 * u, 120, LAMP, 0.85))
    boat_x, boat_y, u = 800.0, 800.0, 104.0
    lantern = (boat_x + 2.2 * u, boat_y - 1.66 * u)
    canvas.draw(
        canvas.glints(boat_x + 10, boat_y + 12, 985, 190, 150, LAMP, 0.9),
        tag("ellipse", cx=boat_x, cy=boat_y + 20, rx=250, ry=26, fill=INK, opacity=0.55, filter=canvas.blur(10, 4)),
        _boat(boat_x, boat_y, u),
        canvas.glow(*lantern, 210, LAMP, 0.75),
        tag("rect", x=lantern[0] - 6, y=lantern[1] - 4, width=12, height=17, rx=3, fill=CREAM),
    )
    for _ in range(150):
        y = horizon + 60 + (h - horizon) * canvas.chance.random()
        near = (y - horizon) / (h - horizon)
        x = canvas.chance.uniform(0, w)
        reach = 20 + 130 * near * canvas.chance.random()
        canvas.draw(
            tag(
                "ellipse",
                cx=x,
                cy=y,
                rx=reach,
                ry=0.7 + near * 1.1,
                fill=FOG if canvas.chance.random() < 0.5 else INK,
                opacity=0.16,
            )
        )
    canvas.draw(canvas.rain(420, 0.3, 44, opacity=0.26))
    return canvas
