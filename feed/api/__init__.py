"""The HTTP API under /v1: parse, authorise, call, translate errors."""
