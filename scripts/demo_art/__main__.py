"""Draws the pictures of the sample coverage: ``python -m scripts.demo_art [NAME ...]``; `film` and `sound` do the rest.

Needs Chromium (``CHROMIUM`` names its binary) and the packages of the ``test`` extra.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from .barrier import barrier_at_night
from .canvas import Canvas
from .chart import chart
from .control_room import control_room
from .gate import gate_five
from .hill_street import school_on_the_hill
from .morning import first_light
from .sandbags import chain_of_sandbags
from .street import flooded_street
from .tide_board import tide_board

PICTURES: dict[str, Callable[[], Canvas]] = {
    "barrier": barrier_at_night,
    "chart": chart,
    "control-room": control_room,
    "eel-street": flooded_street,
    "first-light": first_light,
    "gate-five": gate_five,
    "hill-street": school_on_the_hill,
    "sandbags": chain_of_sandbags,
    "tide-board": tide_board,
}
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FOLDER = Path(__file__).parents[2] / "feed" / "demo" / "images"


def draw(names: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names:
            canvas = PICTURES[name]()
            page = browser.new_page(viewport={"width": canvas.width, "height": canvas.height})
            page.set_content(f"<style>body{{margin:0}}</style>{canvas.finish()}")
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            page.close()
            target = FOLDER / f"{name}.webp"
            shot.save(target, "WEBP", quality=84, method=6)
            sys.stdout.write(f"{target.name}  {shot.width} x {shot.height}  {target.stat().st_size // 1024} KB\n")
        browser.close()


if __name__ == "__main__":
    draw(sys.argv[1:] or sorted(PICTURES))
