"""How a reader is connected: websocket, server-sent events, long poll. One session, one hub behind all of them."""
