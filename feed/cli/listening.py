"""Whether a server could listen at an address."""

from __future__ import annotations

import socket


def why_not_listening(host: str, port: int) -> str | None:
    """None when a server could listen there now, else the system's reason."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None
