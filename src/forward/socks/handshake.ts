import { SocketAddress } from "node:net";
import type { Address } from "../../base/address.js";
import { type SocksVersion, socks4Reply, socks5Reply } from "./reply.js";

/** How far a client has come. `said`: all that it has to have been told by now, from the beginning. */
export type Handshake =
  | { readonly state: "unfinished"; readonly said: Buffer }
  | {
      readonly state: "request";
      readonly said: Buffer;
      readonly version: SocksVersion;
      readonly to: Address;
      /** What came behind the request: it is for the destination already. */
      readonly rest: Buffer;
    }
  | { readonly state: "refused"; readonly said: Buffer; readonly why: string };

const nothing = Buffer.alloc(0);
const connectCommand = 1;
const noPassword = 0;
/** A field of SOCKS 4 ends with a NUL; nothing says how soon. */
const fieldMaxBytes = 256;

/**
 * Reads what a SOCKS client (RFC 1928; SOCKS 4 and 4a) has sent so far, all of it. Pure: however the bytes came in pieces, the
 * same bytes mean the same, and what was said after fewer of them is the beginning of what is said after more.
 */
export function readHandshake(bytes: Buffer): Handshake {
  switch (bytes[0]) {
    case undefined:
      return { state: "unfinished", said: nothing };
    case 4:
      return readSocks4(bytes);
    case 5:
      return readSocks5(bytes);
    default:
      return { state: "refused", said: nothing, why: "the client does not speak SOCKS" };
  }
}

function readSocks5(bytes: Buffer): Handshake {
  const methodsEnd = 2 + (bytes[1] ?? 0);
  if (bytes.length < 2 || bytes.length < methodsEnd) return { state: "unfinished", said: nothing };
  if (!bytes.subarray(2, methodsEnd).includes(noPassword))
    return { state: "refused", said: Buffer.from([5, 0xff]), why: "the client wants to log in, which is not needed here" };
  const chosen = Buffer.from([5, noPassword]);
  const request = bytes.subarray(methodsEnd);
  const refuse = (reply: Buffer, why: string): Handshake => ({ state: "refused", said: Buffer.concat([chosen, reply]), why });
  if (request.length < 4) return { state: "unfinished", said: chosen };
  if (request[0] !== 5) return refuse(socks5Reply("failed"), "the client does not go on as SOCKS 5 does");
  if (request[1] !== connectCommand) return refuse(socks5Reply("command-unknown"), "only connections to somewhere are possible");
  const found = readSocks5Host(request);
  if (found === "unknown") return refuse(socks5Reply("address-unknown"), "the client names its destination in a way that is not known");
  if (found === "unfinished" || request.length < found.end + 2) return { state: "unfinished", said: chosen };
  if (!isHostName(found.host)) return refuse(socks5Reply("unreachable"), "the client's destination is not a host");
  const to = { host: found.host, port: request.readUInt16BE(found.end) };
  return { state: "request", said: chosen, version: 5, to, rest: request.subarray(found.end + 2) };
}

/** The host, and where it ends within the request. */
function readSocks5Host(request: Buffer): { readonly host: string; readonly end: number } | "unfinished" | "unknown" {
  const at = (start: number, length: number, read: (bytes: Buffer) => string) => {
    const bytes = request.subarray(start, start + length);
    return bytes.length < length ? "unfinished" : { host: read(bytes), end: start + length };
  };
  switch (request[3]) {
    case 1:
      return at(4, 4, (bytes) => bytes.join("."));
    case 3: {
      const length = request[4];
      return length === undefined ? "unfinished" : at(5, length, (bytes) => bytes.toString("utf8"));
    }
    case 4:
      return at(4, 16, ipv6Text);
    default:
      return "unknown";
  }
}

function readSocks4(bytes: Buffer): Handshake {
  const refuse = (why: string): Handshake => ({ state: "refused", said: socks4Reply("failed"), why });
  if (bytes.length < 8) return { state: "unfinished", said: nothing };
  if (bytes[1] !== connectCommand) return refuse("only connections to somewhere are possible");
  const user = readField(bytes, 8);
  if (user === "too-long") return refuse("the client's name has no end");
  if (user === "unfinished") return { state: "unfinished", said: nothing };
  const port = bytes.readUInt16BE(2);
  const ip = bytes.subarray(4, 8);
  const request = (host: string, end: number): Handshake => {
    return { state: "request", said: nothing, version: 4, to: { host, port }, rest: bytes.subarray(end) };
  };
  // 4a: an address 0.0.0.x, with x not 0, stands for a name that follows.
  const hasName = ip.readUInt32BE(0) > 0 && ip.readUInt32BE(0) < 256;
  if (!hasName) return request(ip.join("."), user.end);
  const name = readField(bytes, user.end);
  if (name === "too-long") return refuse("the client's destination has no end");
  if (name === "unfinished") return { state: "unfinished", said: nothing };
  return isHostName(name.text) ? request(name.text, name.end) : refuse("the client's destination is not a host");
}

/** The text up to a NUL, and where what is behind that begins. */
function readField(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | "unfinished" | "too-long" {
  const field = bytes.subarray(start, start + fieldMaxBytes);
  const length = field.indexOf(0);
  if (length < 0) return field.length < fieldMaxBytes ? "unfinished" : "too-long";
  return { text: field.subarray(0, length).toString("utf8"), end: start + length + 1 };
}

function ipv6Text(bytes: Buffer): string {
  const groups = bytes.toString("hex").match(/.{4}/g) ?? [];
  return new SocketAddress({ family: "ipv6", address: groups.join(":") }).address;
}

/** Whether it exists the server's resolver knows. What is not even ASCII in one word no resolver is asked. */
function isHostName(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
