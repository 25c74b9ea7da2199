"""Ten seconds of the ship gate going down, as a phone would film it: ``python -m scripts.demo_art.film``.

Needs Chromium and ffmpeg. Every frame is the picture `gate_five` a moment later.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from .__main__ import CHROMIUM, FOLDER
from .gate import gate_five

SECONDS, RATE = 10, 12
_STARTS, _SITS = 1.0, 8.0


def _drop(moment: float) -> float:
    """Pixels that the leaf has gone down: off slowly, and slowly onto the sill."""
    share = min(1.0, max(0.0, (moment - _STARTS) / (_SITS - _STARTS)))
    return 190 * share * share * (3 - 2 * share)


def film(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1080, "height": 1440}, device_scale_factor=1)
        for frame in range(SECONDS * RATE):
            moment = frame / RATE
            svg = gate_five(_drop(moment), moment, rope=False).finish(grain=0.0)
            page.set_content(f"<style>body{{margin:0}}</style>{svg}")
            page.screenshot(path=f"{folder}/{frame:04d}.png")
        browser.close()
        subprocess.run(  # noqa: S603
            [
                *("ffmpeg", "-y", "-loglevel", "error", "-framerate", str(RATE), "-i", f"{folder}/%04d.png"),
                *("-vf", "scale=540:720:flags=lanczos", "-c:v", "libx264", "-preset", "veryslow", "-crf", "30"),
                *("-pix_fmt", "yuv420p", "-movflags", "+faststart", str(target)),
            ],
            check=True,
        )
    sys.stdout.write(f"{target.name}  540 x 720  {target.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    film(FOLDER / "gate-five.mp4")
