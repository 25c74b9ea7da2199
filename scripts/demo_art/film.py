"""Ten seconds of the ship gate going down, as a phone on the walkway films it: ``python -m scripts.demo_art.film``.

Needs Chromium and ffmpeg. Every frame is the picture `gate_five` a moment later.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, sync_playwright

from .__main__ import CHROMIUM, FOLDER
from .gate import gate_five

SECONDS, RATE, SIZE = 10, 12, (720, 540)
_STARTS, _SITS = 1.0, 8.0
# The lower part of the upright picture: number, edge, crew and water.
_SEEN: FloatRect = {"x": 0, "y": 470, "width": 1080, "height": 810}


def _drop(moment: float) -> float:
    """Pixels that the leaf has gone down: off slowly, and slowly onto the sill."""
    share = min(1.0, max(0.0, (moment - _STARTS) / (_SITS - _STARTS)))
    return 190 * share * share * (3 - 2 * share)


def film(target: Path) -> None:
    """Writes the film, and beside it its first frame as a WebP."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1080, "height": 1440}, device_scale_factor=1)
        for frame in range(SECONDS * RATE):
            moment = frame / RATE
            svg = gate_five(_drop(moment), moment, rope=False).finish(grain=0.0)
            page.set_content(f"<style>body{{margin:0}}</style>{svg}")
            page.screenshot(path=f"{folder}/{frame:04d}.png", clip=_SEEN)
        browser.close()
        with Image.open(f"{folder}/0000.png") as first:
            first.convert("RGB").resize(SIZE).save(target.with_name(f"{target.stem}-film.webp"), quality=84, method=6)
        subprocess.run(  # noqa: S603
            [
                *("ffmpeg", "-y", "-loglevel", "error", "-framerate", str(RATE), "-i", f"{folder}/%04d.png"),
                *("-vf", "scale={}:{}:flags=lanczos".format(*SIZE), "-c:v", "libx264", "-preset", "veryslow"),
                *("-crf", "30", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(target)),
            ],
            check=True,
        )
    sys.stdout.write(f"{target.name}  {SIZE[0]} x {SIZE[1]}  {target.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    film(FOLDER / "gate-five.mp4")
