// ws: the frame's payload is made once, then sent to every client.
"use strict";

const { WebSocketServer } = require("ws");
const { listen, snapshot } = require("./publishing.js");

const text = { binary: false };
const first = Buffer.from(snapshot);
const server = listen((entry) => {
  for (const client of sockets.clients) client.send(entry, text);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: true });
sockets.on("connection", (socket, request) => {
  socket.on("error", () => socket.terminate());
  if (request.url.startsWith("/replay")) socket.send(first, text);
});
