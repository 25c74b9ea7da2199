"""Feed: a real-time streaming feed server for live coverage."""

__version__ = "0.1.0"
