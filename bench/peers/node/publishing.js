// What both servers share: entries come by POST, one as JSON or several as lines, and are handed on one by one.
"use strict";

const http = require("node:http");
const fs = require("node:fs");

/** The snapshot that readers of /replay get first: the file named on the command line. */
exports.snapshot = fs.readFileSync(process.argv[2], "utf8");

/** An HTTP server on a free port, its address printed. `publish` is called with each entry as a Buffer. */
exports.listen = function listen(publish) {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      response.writeHead(request.method === "POST" ? 201 : 404, { "Content-Length": 0 }).end();
      if (request.method !== "POST") return;
      const body = Buffer.concat(parts);
      for (let from = 0; from < body.length; ) {
        const newline = body.indexOf(10, from);
        const to = newline < 0 ? body.length : newline;
        publish(body.subarray(from, to));
        from = to + 1;
      }
    });
  });
  server.keepAliveTimeout = 0;
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
  return server;
};
