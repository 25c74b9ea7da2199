"""Python client for Feed."""

__version__ = "0.1.0"
