"""The sample coverage that `feed demo` publishes: what happens in it (script), and its pictures, film and sound."""

from __future__ import annotations

from pathlib import Path

IMAGES = Path(__file__).parent / "images"
"""Served under ``/demo/``."""
