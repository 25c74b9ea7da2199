"""Where coverage is kept: one port, and Redis or Valkey behind it."""
