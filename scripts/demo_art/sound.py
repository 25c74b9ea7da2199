"""Half a minute at the Narrows, made of noise and bells: ``python -m scripts.demo_art.sound``. Needs ffmpeg."""

from __future__ import annotations

import array
import math
import random
import subprocess
import sys
from pathlib import Path

from .__main__ import FOLDER

RATE, SECONDS = 22_050, 30
_Wave = list[float]


def _noise(chance: random.Random, cut_low: float, cut_high: float) -> _Wave:
    """Noise between two frequencies in hertz, from one-pole filters; as loud as a sine of amplitude 1."""
    slow, fast = 1 - math.exp(-2 * math.pi * cut_low / RATE), 1 - math.exp(-2 * math.pi * cut_high / RATE)
    low = once = twice = 0.0
    wave = []
    for _ in range(RATE * SECONDS):
        once += fast * (chance.uniform(-1, 1) - once)
        twice += fast * (once - twice)
        low += slow * (twice - low)
        wave.append(twice - low)
    loud = math.sqrt(2 * sum(sample * sample for sample in wave) / len(wave))
    return [sample / loud for sample in wave]


def _surf(moment: float) -> float:
    """How loud the sea is: it rises slowly, falls over, and drains away."""
    share = (moment / 7.3) % 1
    return 0.25 + 0.75 * (share / 0.55) ** 2 if share < 0.55 else 0.25 + 0.75 * math.exp(-(share - 0.55) * 7)


def _strike(wave: _Wave, at: float, loud: float, partials: tuple[tuple[float, float, float], ...]) -> None:
    """Adds a struck bell or plate; a partial is (hertz, share, seconds until it has died down)."""
    start = int(at * RATE)
    for n in range(min(len(wave) - start, int(RATE * 4))):
        t = n / RATE
        wave[start + n] += loud * sum(
            share * math.sin(2 * math.pi * hertz * t) * math.exp(-t * 5 / fades) for hertz, share, fades in partials
        )


def _horn(wave: _Wave, at: float, loud: float) -> None:
    start = int(at * RATE)
    for n in range(min(len(wave) - start, int(RATE * 3.4))):
        t = n / RATE
        swell = min(1, t / 0.35) * (1 if t < 2.2 else math.exp(-(t - 2.2) * 3.2))
        tone = sum(math.sin(2 * math.pi * 98 * k * t + 0.3 * math.sin(9 * t)) / k**1.4 for k in (1, 2, 3, 4, 5))
        wave[start + n] += loud * swell * tone


def narrows() -> _Wave:
    """Samples between -1 and 1: wind, rain, three waves, the horn twice, the bell buoy, and the gate onto its sill."""
    chance = random.Random(5)  # noqa: S311 - for listening
    wind, rain, sea = _noise(chance, 90, 420), _noise(chance, 2500, 8000), _noise(chance, 60, 900)
    wave = []
    for n in range(RATE * SECONDS):
        t = n / RATE
        gust = 0.55 + 0.3 * math.sin(t * 0.7) + 0.15 * math.sin(t * 2.3 + 1)
        wave.append(0.1 * gust * wind[n] + 0.018 * rain[n] + 0.16 * _surf(t) * sea[n])
    _horn(wave, 3.2, 0.16)
    _horn(wave, 15.4, 0.12)
    buoy = ((523.0, 1.0, 3.0), (1044.0, 0.5, 2.0), (1571.0, 0.25, 1.2), (2790.0, 0.12, 0.6))
    for at, loud in (
        (1.0, 0.05),
        (2.1, 0.03),
        (7.6, 0.06),
        (9.4, 0.04),
        (10.2, 0.05),
        (13.0, 0.03),
        (20.2, 0.05),
        (21.9, 0.04),
    ):
        _strike(wave, at, loud, buoy)
    for at in (23.6, 24.1, 24.6, 25.1):
        _strike(wave, at, 0.03, ((310.0, 1.0, 0.3), (771.0, 0.6, 0.2), (1490.0, 0.3, 0.1)))
    _strike(wave, 25.8, 0.5, ((41.0, 1.0, 2.4), (67.0, 0.6, 1.8), (183.0, 0.2, 0.9), (402.0, 0.08, 1.6)))
    peak = max(abs(sample) for sample in wave)
    last = len(wave)
    return [sample / peak * 0.85 * min(1, n / (RATE * 1.2), (last - n) / (RATE * 2.5)) for n, sample in enumerate(wave)]


def record(target: Path) -> None:
    samples = array.array("h", (round(sample * 32_767) for sample in narrows()))
    if sys.byteorder == "big":
        samples.byteswap()
    subprocess.run(  # noqa: S603
        [
            *("ffmpeg", "-y", "-loglevel", "error", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"),
            *("-c:a", "libmp3lame", "-b:a", "48k", str(target)),
        ],
        input=samples.tobytes(),
        check=True,
    )
    sys.stdout.write(f"{target.name}  {SECONDS} s  {target.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    record(FOLDER / "narrows.mp3")
