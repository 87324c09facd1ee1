// The server's side of RFC 6455, as little of it as a gateway's clients need: whole texts, ping and pong, a close with its reason.
import { createHash } from "node:crypto";

const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const maxBytes = 1_048_576;

/** The answer to an upgrade request; undefined when it is none that a WebSocket can follow. */
export function acceptKey({ method, headers }) {
  const key = headers["sec-websocket-key"];
  const isGood = /^[+/0-9A-Za-z]{22}==$/.test(key ?? "") && headers["sec-websocket-version"] === "13";
  if (method !== "GET" || headers.upgrade?.toLowerCase() !== "websocket" || !isGood) return undefined;
  return createHash("sha1")
    .update(key + acceptSuffix)
    .digest("base64");
}

/** Speaks over a socket that has been upgraded. `onText` is told each whole text, `onClose` once that it is over. */
export function openWebSocket(socket, head, { onText, onClose }) {
  let buffered = Buffer.from(head);
  let text = [];
  let isOpen = true;

  const send = (opcode, payload) => {
    if (socket.writable) socket.write(encodeFrame(opcode, payload));
  };
  const close = (code, reason = "") => {
    if (!isOpen) return;
    isOpen = false;
    const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
    payload.writeUInt16BE(code);
    send(8, payload);
    socket.end();
    // A client that does not hang up keeps nobody waiting.
    setTimeout(() => socket.destroy(), 200).unref();
    onClose();
  };
  const take = ({ isFinal, opcode, payload }) => {
    if (opcode === 8) return close(payload.length < 2 ? 1000 : payload.readUInt16BE());
    if (opcode === 9) return send(10, payload);
    if (opcode > 2) return;
    text.push(payload);
    if (!isFinal) return;
    const whole = Buffer.concat(text).toString("utf8");
    text = [];
    onText(whole);
  };

  socket.on("data", (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (let frame = decodeFrame(buffered); frame !== undefined && isOpen; frame = decodeFrame(buffered)) {
      if (frame.isTooLong) return close(1009, "too long");
      buffered = buffered.subarray(frame.bytes);
      take(frame);
    }
  });
  socket.on("close", () => {
    if (isOpen) onClose();
    isOpen = false;
  });
  return { sendText: (whole) => send(1, Buffer.from(whole)), close };
}

function encodeFrame(opcode, payload) {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  if (length >= 126) head[1] = length < 65_536 ? 126 : 127;
  return Buffer.concat([head, payload]);
}

/** The first frame, with its length in bytes; undefined as long as it is not whole. A client masks what it says. */
function decodeFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < headBytes + 4) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > maxBytes) return { isTooLong: true };
  const begin = headBytes + 4;
  if (bytes.length < begin + length) return undefined;
  const mask = bytes.subarray(headBytes, begin);
  const payload = Buffer.from(bytes.subarray(begin, begin + length)).map((byte, index) => byte ^ mask[index % 4]);
  return { isFinal: (bytes[0] & 0x80) !== 0, opcode: bytes[0] & 0x0f, payload: Buffer.from(payload), bytes: begin + length };
}
