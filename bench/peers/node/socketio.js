// socket.io with websockets alone: the packet is encoded once, then sent to every client.
"use strict";

const { Server } = require("socket.io");
const { listen, snapshot } = require("./publishing.js");

const first = JSON.parse(snapshot);
const server = listen((entry) => io.emit("entry", JSON.parse(entry)));
const io = new Server(server, {
  transports: ["websocket"],
  serveClient: false,
  perMessageDeflate: true,
  // The load client does not answer socket.io's own pings, only websocket's.
  pingInterval: 3_600_000,
});
io.on("connection", (socket) => {
  if (socket.handshake.query.replay) socket.emit("snapshot", first);
});
