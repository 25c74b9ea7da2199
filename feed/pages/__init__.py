"""Reader pages, rendered on the server."""

from .view import PageView, render_coverage, render_index, render_problem

__all__ = ["PageView", "render_coverage", "render_index", "render_problem"]
