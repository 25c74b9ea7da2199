"""What one process takes on at most, and who is turned away before it is too much."""

from .limits import Limits

__all__ = ["Limits"]
