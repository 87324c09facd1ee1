import { type Endpoint, isSocketPath } from "../../base/address.js";
import { string, u32 } from "../wire.js";

/**
 * What is said at an ssh's control socket: PROTOCOL.mux of OpenSSH, version 4. Only the questions that pass no file descriptors,
 * which Node cannot send.
 */
export type MuxReply =
  | { readonly kind: "hello"; readonly version: number }
  | { readonly kind: "ok"; readonly requestId: number }
  | { readonly kind: "alive"; readonly requestId: number; readonly pid: number }
  | { readonly kind: "remote-port"; readonly requestId: number; readonly port: number }
  | { readonly kind: "refused"; readonly requestId: number; readonly why: string }
  | { readonly kind: "unknown"; readonly type: number };

export const muxVersion = 4;

/** In place of a port: the address before it is a unix socket's path. */
const portOfSocketPath = 0xfffffffe;

const forwardKinds = { local: 1, remote: 2 } as const;

export interface MuxForward {
  readonly kind: keyof typeof forwardKinds;
  readonly listen: Endpoint;
  readonly connect: Endpoint;
}

export const muxHello = frame(0x00000001, u32(muxVersion));

export function askAlive(requestId: number): Buffer {
  return frame(0x10000004, u32(requestId));
}

export function openForward(requestId: number, forward: MuxForward): Buffer {
  return frame(0x10000006, u32(requestId), forwardBody(forward));
}

export function closeForward(requestId: number, forward: MuxForward): Buffer {
  return frame(0x10000007, u32(requestId), forwardBody(forward));
}

/** From the answer on the connection carries packets of the SSH connection protocol. */
export function askProxy(requestId: number): Buffer {
  return frame(0x1000000f, u32(requestId));
}

/** Reads one message, without its length. Throws when it is cut short. */
export function readMuxReply(message: Buffer): MuxReply {
  const type = message.readUInt32BE(0);
  switch (type) {
    case 0x00000001:
      return { kind: "hello", version: message.readUInt32BE(4) };
    case 0x80000001:
    case 0x8000000f:
      return { kind: "ok", requestId: message.readUInt32BE(4) };
    case 0x80000002:
    case 0x80000003:
      return { kind: "refused", requestId: message.readUInt32BE(4), why: readString(message, 8) };
    case 0x80000005:
      return { kind: "alive", requestId: message.readUInt32BE(4), pid: message.readUInt32BE(8) };
    case 0x80000007:
      return { kind: "remote-port", requestId: message.readUInt32BE(4), port: message.readUInt32BE(8) };
    default:
      return { kind: "unknown", type };
  }
}

function forwardBody({ kind, listen, connect }: MuxForward): Buffer {
  return Buffer.concat([u32(forwardKinds[kind]), endpointBody(listen), endpointBody(connect)]);
}

function endpointBody(endpoint: Endpoint): Buffer {
  if (isSocketPath(endpoint)) return Buffer.concat([string(endpoint.path), u32(portOfSocketPath)]);
  return Buffer.concat([string(endpoint.host), u32(endpoint.port)]);
}

function frame(type: number, ...body: Buffer[]): Buffer {
  return string(Buffer.concat([u32(type), ...body]));
}

function readString(message: Buffer, offset: number): string {
  const length = message.readUInt32BE(offset);
  return message.toString("utf8", offset + 4, offset + 4 + length);
}
