import { randomFillSync } from "node:crypto";
import type { Client } from "ssh2";

/** What we look at inside ssh2 1.17.0: the cipher that makes and encrypts outgoing packets. */
interface OutboundCipher {
  allocPacket(payloadBytes: number): Buffer;
}

const lengthBytes = 4;
const tagBytes = 16;
const blockBytes = 16;
const minPaddingBytes = 4;
const pool = Buffer.allocUnsafe(32 * 1024);
let poolAt = pool.length;
const patched = new WeakSet<object>();

/**
 * ssh2 asks the system for the random padding of every packet (RFC 4253, 6), which is a tenth of the cost of sending one. This
 * takes it from a pool of random bytes instead, each used once. Only for AES-GCM in ssh2's compiled crypto, and only when a
 * packet that ssh2 makes looks as it should; otherwise ssh2 stays as it is. Tells whether it is in force.
 */
export function poolPadding(client: Client): boolean {
  const cipher = (client as { _protocol?: { _cipher?: OutboundCipher } })._protocol?._cipher;
  if (cipher?.constructor.name !== "AESGCMCipherBinding") return false;
  const prototype = Object.getPrototypeOf(cipher) as OutboundCipher;
  if (patched.has(prototype)) return true;
  if (!looksRight(cipher)) return false;
  prototype.allocPacket = allocPacket;
  patched.add(prototype);
  return true;
}

/** A packet before its encryption: length, padding length, room for the payload, padding, room for the tag (RFC 5647, 7). */
function allocPacket(payloadBytes: number): Buffer {
  const paddingBytes = paddingFor(payloadBytes);
  const innerBytes = 1 + payloadBytes + paddingBytes;
  const packet = Buffer.allocUnsafe(lengthBytes + innerBytes + tagBytes);
  packet.writeUInt32BE(innerBytes, 0);
  packet[lengthBytes] = paddingBytes;
  fillRandom(packet, lengthBytes + 1 + payloadBytes, paddingBytes);
  return packet;
}

function paddingFor(payloadBytes: number): number {
  const paddingBytes = blockBytes - ((1 + payloadBytes) % blockBytes);
  return paddingBytes < minPaddingBytes ? paddingBytes + blockBytes : paddingBytes;
}

/** Byte by byte, because a padding has at most nineteen. */
function fillRandom(packet: Buffer, at: number, bytes: number): void {
  if (poolAt + bytes > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  for (let index = 0; index < bytes; index += 1) packet[at + index] = pool[poolAt + index] ?? 0;
  poolAt += bytes;
}

function looksRight(cipher: OutboundCipher): boolean {
  return [0, 1, 11, 12, 32_768].every((payloadBytes) => {
    const packet = cipher.allocPacket(payloadBytes);
    const paddingBytes = paddingFor(payloadBytes);
    const innerBytes = 1 + payloadBytes + paddingBytes;
    return (
      packet.length === lengthBytes + innerBytes + tagBytes && packet.readUInt32BE(0) === innerBytes && packet[lengthBytes] === paddingBytes
    );
  });
}
