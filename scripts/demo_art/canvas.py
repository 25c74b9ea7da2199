"""A sheet of SVG to draw on: elements, gradients, filters and chance that is the same on every run."""

from __future__ import annotations

import random
from collections.abc import Iterable

Point = tuple[float, float]

# The inks of the whole series. Two lights (moon, lamp), one alarm, and the night between them.
INK = "#081521"
NIGHT = "#0e2638"
DEEP = "#17394f"
STORM = "#2a566c"
SLATE = "#5b8593"
FOG = "#a8c1c4"
CREAM = "#f6ead2"
LAMP = "#f7b55a"
EMBER = "#d95f2e"
ROSE = "#e9a58c"


def tag(name: str, *children: str, **attributes: str | float) -> str:
    """One element. `fill_opacity=0.5` becomes ``fill-opacity="0.5"``."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_short(value)}"' for key, value in attributes.items())
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def shape(data: str, x: float, y: float, scale: float = 1.0, **attributes: str | float) -> str:
    """A path written around its own origin, put at (x, y). Strokes are in the path's units."""
    return tag("path", d=data, transform=f"translate({x:.2f} {y:.2f}) scale({scale:.4f})", **attributes)


def polygon(points: Iterable[Point], **attributes: str | float) -> str:
    return tag("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), **attributes)


def smooth(points: list[Point]) -> str:
    """Path data of a soft line through the points (Catmull-Rom)."""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for i in range(len(points) - 1):
        before, a, b = points[max(0, i - 1)], points[i], points[i + 1]
        after = points[min(len(points) - 1, i + 2)]
        path.append(
            f"C{a[0] + (b[0] - before[0]) / 6:.1f},{a[1] + (b[1] - before[1]) / 6:.1f}"
            f" {b[0] - (after[0] - a[0]) / 6:.1f},{b[1] - (after[1] - a[1]) / 6:.1f} {b[0]:.1f},{b[1]:.1f}"
        )
    return "".join(path)


class Canvas:
    """`width` and `height` in pixels. `seed` decides every windowpane and drop of rain."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.width, self.height = width, height
        self.chance = random.Random(seed)  # noqa: S311 - for drawing
        self._definitions: list[str] = []
        self._body: list[str] = []

    def draw(self, *elements: str) -> None:
        self._body.extend(elements)

    def define(self, element: str) -> None:
        self._definitions.append(element)

    def linear(self, *stops: tuple[float, str] | tuple[float, str, float], angle: str = "down") -> str:
        """A gradient over the shape's own box; a stop is (offset, colour[, opacity]). Returns what to fill with."""
        x, y = {"down": (0, 1), "right": (1, 0), "diagonal": (1, 1)}[angle]
        return self._gradient("linearGradient", stops, x1=0, y1=0, x2=x, y2=y)

    def radial(self, *stops: tuple[float, str] | tuple[float, str, float]) -> str:
        return self._gradient("radialGradient", stops)

    def _gradient(self, kind: str, stops: Iterable[tuple[float, str] | tuple[float, str, float]], **box: float) -> str:
        name = f"g{len(self._definitions)}"
        inner = "".join(
            tag("stop", offset=stop[0], stop_color=stop[1], stop_opacity=stop[2] if len(stop) == 3 else 1)
            for stop in stops
        )
        self.define(tag(kind, inner, id=name, **box))
        return f"url(#{name})"

    def effect(self, *primitives: str, margin: float = 0.3) -> str:
        """A filter over the shape's box and `margin` of it around. Returns what to put into `filter`."""
        name = f"f{len(self._definitions)}"
        box = {"x": -margin, "y": -margin, "width": 1 + 2 * margin, "height": 1 + 2 * margin}
        self.define(tag("filter", *primitives, id=name, color_interpolation_filters="sRGB", **box))
        return f"url(#{name})"

    def blur(self, across: float, down: float | None = None) -> str:
        deviation = f"{across} {across if down is None else down}"
        return self.effect(tag("feGaussianBlur", stdDeviation=deviation), margin=1)

    def ripple(self, scale: float, frequency: str = "0.006 0.09", seed: int = 3) -> str:
        """Breaks a picture up sideways, as water does to what it mirrors."""
        return self.effect(
            tag("feTurbulence", type="fractalNoise", baseFrequency=frequency, numOctaves=2, seed=seed, result="n"),
            tag(
                "feDisplacementMap",
                in_="SourceGraphic",
                in2="n",
                scale=scale,
                xChannelSelector="R",
                yChannelSelector="G",
            ),
            margin=0.15,
        )

    def glow(self, x: float, y: float, radius: float, colour: str = LAMP, strength: float = 0.8) -> str:
        """Light in the air around a lamp."""
        fill = self.radial(
            (0, CREAM, strength), (0.12, colour, strength * 0.7), (0.45, colour, strength * 0.2), (1, colour, 0)
        )
        return tag("circle", cx=x, cy=y, r=radius, fill=fill, style="mix-blend-mode:screen")

    def clouds(self, colour: str, opacity: float, top: float, bottom: float, frequency: str, seed: int) -> str:
        """A bank of noise, thin at its upper and lower edge."""
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        noise = self.effect(
            tag("feTurbulence", type="fractalNoise", baseFrequency=frequency, numOctaves=5, seed=seed),
            tag(
                "feColorMatrix",
                values=f"0 0 0 0 {red:.3f} 0 0 0 0 {green:.3f} 0 0 0 0 {blue:.3f} 2.6 0.6 0 0 -1.25",
            ),
            margin=0,
        )
        fade = self.linear((0, "#000"), (0.3, "#fff"), (0.65, "#fff"), (1, "#000"))
        name = f"m{len(self._definitions)}"
        box = {"x": 0, "y": top, "width": self.width, "height": bottom - top}
        self.define(tag("mask", tag("rect", fill=fade, **box), id=name, maskUnits="userSpaceOnUse", **box))
        return tag("g", tag("rect", filter=noise, **box), mask=f"url(#{name})", opacity=opacity)

    def rain(
        self, count: int, slant: float, length: float, colour: str = FOG, opacity: float = 0.22, fallen: float = 0.0
    ) -> str:
        """`slant` in pixels across per pixel down; `fallen` is how far every drop has come since the first picture."""
        strokes = []
        for _ in range(count):
            x, y = self.chance.uniform(-100, self.width + 100), self.chance.uniform(-60, self.height)
            reach = length * self.chance.uniform(0.4, 1.2)
            speed = reach / length
            x = (x + 100 - fallen * speed * slant) % (self.width + 200) - 100
            y = (y + 60 + fallen * speed) % (self.height + 60) - 60
            strokes.append(
                tag(
                    "line",
                    x1=x,
                    y1=y,
                    x2=x - slant * reach,
                    y2=y + reach,
                    stroke=colour,
                    stroke_width=self.chance.uniform(0.8, 2.2),
                    opacity=opacity * self.chance.uniform(0.3, 1),
                )
            )
        return tag("g", *strokes, stroke_linecap="round")

    def glints(
        self, x: float, top: float, bottom: float, spread: float, count: int, colour: str = LAMP, opacity: float = 0.8
    ) -> str:
        """A light mirrored in moving water: short level strokes, longer and wider apart towards the viewer."""
        strokes = []
        for _ in range(count):
            near = self.chance.random() ** 1.4
            y = top + (bottom - top) * near
            reach = spread * (0.25 + 0.75 * near) * self.chance.uniform(0.25, 1)
            at = x + self.chance.gauss(0, spread * (0.16 + 0.5 * near))
            strokes.append(
                tag(
                    "ellipse",
                    cx=at,
                    cy=y,
                    rx=reach * 0.5,
                    ry=0.7 + 2.0 * near * self.chance.random(),
                    fill=colour,
                    opacity=opacity * (1 - 0.65 * near) * self.chance.uniform(0.35, 1),
                )
            )
        return tag("g", *strokes)

    def finish(self, grain: float = 0.1, vignette: float = 0.45) -> str:
        """The whole sheet as SVG text, with paper under it and darker corners."""
        noise = self.effect(
            tag("feTurbulence", type="fractalNoise", baseFrequency="0.55", numOctaves=2, seed=8),
            tag("feColorMatrix", values="0 0 0 0 0.5 0 0 0 0 0.5 0 0 0 0 0.5 1.6 0 0 0 -0.55"),
            margin=0,
        )
        light = self.effect(
            tag("feTurbulence", type="fractalNoise", baseFrequency="0.55", numOctaves=2, seed=21),
            tag("feColorMatrix", values="0 0 0 0 1 0 0 0 0 0.96 0 0 0 0 0.88 1.8 0 0 0 -0.8"),
            margin=0,
        )
        whole: dict[str, float] = {"x": 0, "y": 0, "width": self.width, "height": self.height}
        corners = self.radial((0, INK, 0), (0.62, INK, 0), (1, INK, vignette))
        layers = [
            *self._body,
            tag(
                "rect",
                x=-self.width * 0.15,
                y=-self.height * 0.15,
                width=self.width * 1.3,
                height=self.height * 1.3,
                fill=corners,
            ),
            tag("rect", filter=light, opacity=grain, style="mix-blend-mode:soft-light", **whole),
            tag("rect", filter=noise, opacity=grain, style="mix-blend-mode:multiply", **whole),
        ]
        return tag(
            "svg",
            tag("defs", *self._definitions),
            *layers,
            xmlns="http://www.w3.org/2000/svg",
            width=self.width,
            height=self.height,
            viewBox=f"0 0 {self.width} {self.height}",
        )


def _short(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
