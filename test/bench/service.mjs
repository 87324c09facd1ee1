// A TCP service in a process of its own: tells its port, and when asked how many bytes it got rid of.
import { createServer } from "node:net";

const block = Buffer.alloc(256 * 1024, "x");
const response = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n";
let latest;

const kinds = {
  http: (socket) => socket.once("data", () => socket.end(response)),
  echo: (socket) => socket.pipe(socket),
  source: (socket) => socket.once("data", (count) => send(socket, Number(count))),
  sink: (socket) => {
    let received = 0;
    socket.on("data", (chunk) => {
      received += chunk.length;
    });
    socket.once("end", () => socket.end(String(received)));
  },
};

function send(socket, bytes) {
  latest = socket;
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const size = Math.min(left, block.length);
      left -= size;
      if (!socket.write(size === block.length ? block : block.subarray(0, size))) return;
    }
    socket.off("drain", more);
    socket.end();
  };
  socket.on("drain", more);
  more();
}

const serve = kinds[process.argv[2]];
const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on("error", () => {});
  serve(socket);
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => process.send({ port: server.address().port }));
process.on("message", () => process.send({ sentBytes: latest === undefined ? 0 : latest.bytesWritten - latest.writableLength }));
process.on("disconnect", () => process.exit());
