"""The reader's page: scripts and styles that the server hands to browsers as they are."""

from importlib.resources import files
from importlib.resources.abc import Traversable

STATIC: Traversable = files(__package__) / "static"
