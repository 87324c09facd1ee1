import type { Client } from "ssh2";
import { describe, expect, it } from "vitest";
import { poolPadding } from "../../../../src/ssh/ssh2/padding.js";

/** A client whose outgoing cipher is of a class with this name, making packets in its own way. */
function clientWith(name: string, allocPacket: (payloadBytes: number) => Buffer) {
  const cipherClass = { [name]: class {} }[name] as new () => { allocPacket: typeof allocPacket };
  cipherClass.prototype.allocPacket = allocPacket;
  const cipher = new cipherClass();
  return { client: { _protocol: { _cipher: cipher } } as unknown as Client, cipher };
}

/** Length, padding length, payload, padding to a multiple of 16 and at least 4, tag: RFC 4253, 6 and RFC 5647, 7. */
function packetOf(payloadBytes: number): Buffer {
  let padding = 16 - ((payloadBytes + 1) % 16);
  if (padding < 4) padding += 16;
  const packet = Buffer.alloc(4 + 1 + payloadBytes + padding + 16);
  packet.writeUInt32BE(1 + payloadBytes + padding);
  packet[4] = padding;
  return packet;
}

describe("padding from a pool", () => {
  it("makes packets of the very shape that ssh2 makes, for every length", () => {
    const { client, cipher } = clientWith("AESGCMCipherBinding", packetOf);
    expect(poolPadding(client)).toBe(true);
    expect(cipher.allocPacket).not.toBe(packetOf);
    for (let payloadBytes = 0; payloadBytes < 200; payloadBytes += 1) {
      const [made, wanted] = [cipher.allocPacket(payloadBytes), packetOf(payloadBytes)];
      expect(made.length).toBe(wanted.length);
      expect(made.subarray(0, 5)).toEqual(wanted.subarray(0, 5));
    }
  });

  it("is never the same twice, also beyond the end of the pool", () => {
    const { client, cipher } = clientWith("AESGCMCipherBinding", packetOf);
    poolPadding(client);
    // A payload of 0 bytes has 15 of padding: five thousand packets go round the pool twice.
    const seen = new Set(Array.from({ length: 5_000 }, () => cipher.allocPacket(0).subarray(5, 20).toString("hex")));
    expect(seen.size).toBe(5_000);
  });

  it.each([
    ["another cipher", "ChaChaPolyCipherBinding", packetOf],
    ["a packet of another length", "AESGCMCipherBinding", (bytes: number) => Buffer.concat([packetOf(bytes), Buffer.alloc(1)])],
    ["another padding", "AESGCMCipherBinding", (bytes: number) => packetOf(bytes + 1)],
  ] as const)("leaves ssh2 as it is where it finds %s", (_what, name, allocPacket) => {
    const { client, cipher } = clientWith(name, allocPacket);
    expect(poolPadding(client)).toBe(false);
    expect(cipher.allocPacket).toBe(allocPacket);
  });

  it("leaves a client alone that has no such inside", () => {
    expect(poolPadding({} as Client)).toBe(false);
  });
});
