"""People, seen small: a skeleton of joints, a coat over it, and light along one side."""

from __future__ import annotations

import math
from typing import NamedTuple

from .canvas import CREAM, INK, LAMP, Point, tag


class Pose(NamedTuple):
    """Joints of somebody facing right, in body heights: forward of the middle, up from the ground."""

    head: Point
    shoulder: Point
    hip: Point
    arms: tuple[tuple[Point, Point], ...]
    """Elbow and hand; the arm nearer to us last."""
    legs: tuple[tuple[Point, Point], ...]
    """Knee and ankle."""


_LEGS = (((-0.02, 0.27), (-0.07, 0.035)), ((0.04, 0.27), (0.04, 0.035)))

STAND = Pose((0.012, 0.92), (0, 0.79), (0, 0.5), (((0.02, 0.63), (0.06, 0.49)), ((-0.03, 0.63), (0.0, 0.47))), _LEGS)
WATCH = Pose(
    (0.0, 0.925),
    (0, 0.79),
    (0, 0.5),
    (((0.1, 0.64), (0.04, 0.54)), ((-0.1, 0.64), (-0.04, 0.54))),
    (((0.045, 0.27), (0.05, 0.035)), ((-0.045, 0.27), (-0.06, 0.035))),
)
PASS = Pose(
    (0.075, 0.91),
    (0.03, 0.785),
    (-0.03, 0.495),
    (((0.13, 0.64), (0.25, 0.65)), ((0.07, 0.61), (0.22, 0.59))),
    (((-0.06, 0.26), (-0.15, 0.045)), ((0.08, 0.27), (0.09, 0.035))),
)
REACH = Pose(
    (0.15, 0.855),
    (0.085, 0.745),
    (-0.035, 0.475),
    (((0.24, 0.69), (0.38, 0.655)), ((0.2, 0.61), (0.36, 0.59))),
    (((-0.1, 0.25), (-0.21, 0.05)), ((0.12, 0.26), (0.13, 0.035))),
)
LIFT = Pose(
    (0.08, 0.905),
    (0.045, 0.785),
    (-0.02, 0.495),
    (((0.19, 0.8), (0.3, 0.9)), ((0.16, 0.76), (0.27, 0.84))),
    (((-0.07, 0.27), (-0.15, 0.05)), ((0.075, 0.28), (0.07, 0.035))),
)
BEND = Pose(
    (0.27, 0.66),
    (0.17, 0.6),
    (-0.08, 0.455),
    (((0.25, 0.43), (0.31, 0.27)), ((0.19, 0.41), (0.27, 0.24))),
    (((-0.07, 0.25), (-0.17, 0.045)), ((0.1, 0.26), (0.05, 0.035))),
)
POLE = Pose(
    (0.05, 0.92),
    (0.015, 0.79),
    (-0.01, 0.5),
    (((0.12, 0.7), (0.21, 0.79)), ((0.08, 0.6), (0.19, 0.62))),
    (((-0.05, 0.27), (-0.09, 0.035)), ((0.06, 0.27), (0.06, 0.035))),
)
POINT = STAND._replace(arms=(((-0.03, 0.63), (0.0, 0.47)), ((0.13, 0.75), (0.3, 0.82))))
HOLD = STAND._replace(head=(0.02, 0.92), arms=(((0.02, 0.63), (0.08, 0.5)), ((-0.06, 0.6), (0.13, 0.64))))
WALK = Pose(
    (0.055, 0.915),
    (0.02, 0.785),
    (-0.01, 0.495),
    (((0.07, 0.63), (0.13, 0.5)), ((-0.05, 0.63), (-0.08, 0.49))),
    (((0.07, 0.28), (0.15, 0.05)), ((-0.02, 0.26), (-0.14, 0.07))),
)
SHELTER = WALK._replace(arms=(((0.03, 0.62), (0.1, 0.5)), ((0.08, 0.66), (0.085, 0.8))))
"""Walking, a hand up with an umbrella in it."""


def person(
    x: float,
    foot: float,
    tall: float,
    pose: Pose = STAND,
    *,
    facing: int = 1,
    coat: str = INK,
    legs: str = INK,
    rim: str = LAMP,
    light_from: float = 1.0,
    face: str = "",
    stripes: bool = False,
    hooded: bool = True,
) -> str:
    """Somebody standing at (x, foot), `tall` pixels high; light falls from the left (-1) or right (1)."""
    body = _Body(x, foot, tall, facing, hooded)
    shift = light_from * tall * 0.011
    whole = body.legs(pose) + body.jacket(pose) + body.head(pose)
    parts = [
        tag("g", whole, fill=rim, opacity=0.9, transform=f"translate({shift:.2f} {-tall * 0.005:.2f})"),
        tag("g", body.legs(pose), fill=legs),
        tag("g", body.jacket(pose), fill=coat),
        tag("g", body.head(pose), fill=coat if hooded else legs),
    ]
    if face:
        hx, hy = pose.head
        cx, cy = body.at((hx + 0.022, hy - 0.008))
        parts.append(tag("ellipse", cx=cx, cy=cy, rx=tall * 0.034, ry=tall * 0.047, fill=face))
    if stripes:
        parts.append(
            tag("g", body.stripes(pose), stroke=CREAM, stroke_width=tall * 0.017, opacity=0.85, stroke_linecap="round")
        )
    return "".join(parts)


def hand(x: float, foot: float, tall: float, pose: Pose, facing: int = 1) -> Point:
    """Where the nearer hand is on the sheet."""
    return _Body(x, foot, tall, facing, True).at(pose.arms[-1][1])


class _Body:
    def __init__(self, x: float, foot: float, tall: float, facing: int, hooded: bool) -> None:
        self.x, self.foot, self.tall, self.facing, self.hooded = x, foot, tall, facing, hooded

    def at(self, joint: Point) -> Point:
        return self.x + self.facing * joint[0] * self.tall, self.foot - joint[1] * self.tall

    def bone(self, a: Point, b: Point, thick_a: float, thick_b: float) -> str:
        """A limb that tapers: two circles and what lies between them."""
        (ax, ay), (bx, by) = self.at(a), self.at(b)
        ra, rb = thick_a * self.tall, thick_b * self.tall
        along = math.atan2(by - ay, bx - ax)
        sx, sy = -math.sin(along), math.cos(along)
        hull = [
            (ax + sx * ra, ay + sy * ra),
            (bx + sx * rb, by + sy * rb),
            (bx - sx * rb, by - sy * rb),
            (ax - sx * ra, ay - sy * ra),
        ]
        return (
            tag("path", d="M" + "L".join(f"{px:.1f},{py:.1f}" for px, py in hull) + "Z")
            + tag("circle", cx=ax, cy=ay, r=ra)
            + tag("circle", cx=bx, cy=by, r=rb)
        )

    def legs(self, pose: Pose) -> str:
        parts = []
        for knee, ankle in pose.legs:
            parts += [self.bone(pose.hip, knee, 0.066, 0.047), self.bone(knee, ankle, 0.046, 0.034)]
            toe = (ankle[0] + 0.062, max(0.022, ankle[1] - 0.018))
            parts.append(self.bone((ankle[0] - 0.008, ankle[1] - 0.008), toe, 0.03, 0.02))
        return "".join(parts)

    def jacket(self, pose: Pose) -> str:
        far_arm, near_arm = pose.arms
        parts = [
            self._arm(pose, far_arm),
            self.bone(pose.shoulder, pose.hip, 0.073, 0.076),
            self._skirt(pose),
            self.bone(pose.shoulder, pose.head, 0.05, 0.04),
        ]
        parts.append(self._arm(pose, near_arm))
        return "".join(parts)

    def head(self, pose: Pose) -> str:
        """A hood, or a bare head with its hair in a knot."""
        cx, cy = self.at(pose.head)
        skull = tag("ellipse", cx=cx, cy=cy, rx=self.tall * 0.052, ry=self.tall * 0.065)
        if self.hooded:
            bx, by = self.at((pose.head[0] - 0.016, pose.head[1] + 0.004))
            return skull + tag("ellipse", cx=bx, cy=by, rx=self.tall * 0.06, ry=self.tall * 0.073)
        bx, by = self.at((pose.head[0] - 0.06, pose.head[1] + 0.015))
        return skull + tag("circle", cx=bx, cy=by, r=self.tall * 0.026)

    def _skirt(self, pose: Pose) -> str:
        """The coat below the belt: it flares, and ends straight."""
        down = math.atan2(pose.hip[1] - pose.shoulder[1], pose.hip[0] - pose.shoulder[0])
        sx, sy = -math.sin(down), math.cos(down)
        hem = (pose.hip[0] + math.cos(down) * 0.1, pose.hip[1] + math.sin(down) * 0.1)
        corners = [
            self.at((middle[0] + side * sx * wide, middle[1] + side * sy * wide))
            for middle, wide, side in ((pose.hip, 0.076, 1), (hem, 0.088, 1), (hem, 0.088, -1), (pose.hip, 0.076, -1))
        ]
        return tag("path", d="M" + "L".join(f"{px:.1f},{py:.1f}" for px, py in corners) + "Z")

    def _arm(self, pose: Pose, arm: tuple[Point, Point]) -> str:
        elbow, palm = arm
        start = (pose.shoulder[0], pose.shoulder[1] - 0.015)
        return self.bone(start, elbow, 0.048, 0.04) + self.bone(elbow, palm, 0.04, 0.029)

    def stripes(self, pose: Pose) -> str:
        """Two reflecting bands round the jacket."""
        bands = []
        for share in (0.5, 0.78):
            middle = (
                pose.shoulder[0] + (pose.hip[0] - pose.shoulder[0]) * share,
                pose.shoulder[1] + (pose.hip[1] - pose.shoulder[1]) * share,
            )
            (x0, y0), (x1, y1) = self.at((middle[0] - 0.07, middle[1])), self.at((middle[0] + 0.07, middle[1]))
            bands.append(tag("line", x1=x0, y1=y0, x2=x1, y2=y1))
        return "".join(bands)
