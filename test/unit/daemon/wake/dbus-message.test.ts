import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBusCall, readArguments, takeMessages } from "../../../../src/daemon/wake/dbus-message.js";
import { MalformedDbus, readValues } from "../../../../src/daemon/wake/dbus-value.js";
import { type DbusWriter, messageType, writeMessage, writePrepareForSleep } from "../../../support/dbus-writer.js";

/** What dbus-daemon 1.14 sent: answers to Hello and AddMatch, NameAcquired, an error, and a signal that dbus-send had broadcast. */
const captured = [
  "6c02010109000000010000003d00000006017300040000003a312e30000000000501750001000000080167000173000007017300140000006f72672e6672656564",
  "65736b746f702e4442757300000000040000003a312e30006c04010109000000020000008d00000001016f00150000002f6f72672f667265656465736b746f702f",
  "4442757300000002017300140000006f72672e667265656465736b746f702e4442757300000000030173000c0000004e616d654163717569726564000000000601",
  "7300040000003a312e3000000000080167000173000007017300140000006f72672e667265656465736b746f702e4442757300000000040000003a312e30006c02",
  "010100000000030000003500000006017300040000003a312e3000000000050175000200000007017300140000006f72672e667265656465736b746f702e444275",
  "73000000006c03010139000000040000007500000006017300040000003a312e300000000004017300280000006f72672e667265656465736b746f702e44427573",
  "2e4572726f722e556e6b6e6f776e4d6574686f6400000000000000000501750003000000080167000173000007017300140000006f72672e667265656465736b74",
  "6f702e4442757300000000340000006f72672e667265656465736b746f702e4442757320646f6573206e6f7420756e6465727374616e64206d6573736167652046",
  "6f6f006c04010104000000020000007500000001016f00170000002f6f72672f667265656465736b746f702f6c6f67696e3100020173001e0000006f72672e6672",
  "65656465736b746f702e6c6f67696e312e4d616e616765720000030173000f00000050726570617265466f72536c65657000080167000162000007017300040000",
  "003a312e310000000001000000",
].join("");

/** What jeepney 0.9 wrote for the same signal, in either byte order. */
const fromJeepney = {
  little:
    "6c04000104000000020100007700000001016f00170000002f6f72672f667265656465736b746f702f6c6f67696e3100020173001e0000006f72672e667265656465736b746f702e6c6f67696e312e4d616e616765720000030173000f00000050726570617265466f72536c6565700007017300040000003a312e3700000000080167000162000001000000",
  big: "4204000100000004000001020000007701016f00000000172f6f72672f667265656465736b746f702f6c6f67696e3100020173000000001e6f72672e667265656465736b746f702e6c6f67696e312e4d616e616765720000030173000000000f50726570617265466f72536c6565700007017300000000043a312e3700000000080167000162000000000001",
};

const prepareForSleep = {
  type: "signal",
  path: "/org/freedesktop/login1",
  interface: "org.freedesktop.login1.Manager",
  member: "PrepareForSleep",
  destination: undefined,
  signature: "b",
};

/** As it would come in, in pieces of so many bytes. */
function takeInPieces(bytes: Buffer, pieceBytes: number) {
  const messages = [];
  let arrived: Buffer = Buffer.alloc(0);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const taken = takeMessages(Buffer.concat([arrived, bytes.subarray(at, at + pieceBytes)]));
    messages.push(...taken.messages);
    arrived = taken.rest;
  }
  expect(arrived).toHaveLength(0);
  return messages;
}

describe("a message that arrives", () => {
  it.each([1, 7, 64, 100_000])("is read from what a real bus sent, in pieces of %i bytes", (pieceBytes) => {
    const messages = takeInPieces(Buffer.from(captured, "hex"), pieceBytes);

    expect(messages).toMatchObject([
      { type: "return", replySerial: 1, sender: "org.freedesktop.DBus", destination: ":1.0", signature: "s" },
      { type: "signal", member: "NameAcquired", destination: ":1.0" },
      { type: "return", replySerial: 2, signature: "" },
      { type: "error", replySerial: 3, errorName: "org.freedesktop.DBus.Error.UnknownMethod" },
      { ...prepareForSleep, sender: ":1.1" },
    ]);
    expect(messages.map(readArguments)).toEqual([[":1.0"], [":1.0"], [], ["org.freedesktop.DBus does not understand message Foo"], [true]]);
  });

  it.each(["little", "big"] as const)("is read in %s endian", (order) => {
    const bytes = Buffer.from(fromJeepney[order], "hex");
    expect(takeMessages(bytes).messages).toMatchObject([{ ...prepareForSleep, sender: ":1.7" }]);
    expect(takeMessages(bytes).messages.map(readArguments)).toEqual([[true]]);
    bytes.writeUInt32LE(0, bytes.length - 4);
    expect(takeMessages(bytes).messages.map(readArguments)).toEqual([[false]]);
  });

  it.each([true, false])("keeps its meaning beside header fields that nobody knows (little endian: %s)", (isLittleEndian) => {
    const bytes = writeMessage({
      type: messageType.signal,
      isLittleEndian,
      fields: [
        [
          200,
          "a{sv}",
          (writer) =>
            writer.array(8, () =>
              writer
                .text("key")
                .signature("as")
                .array(4, () => writer.text("a").text("bc")),
            ),
        ],
        [3, "s", (writer) => writer.text("Member")],
        [
          201,
          "(yxd)",
          (writer) =>
            writer
              .align(8)
              .byte(1)
              .align(8)
              .byte(...new Array(16).fill(7)),
        ],
        [202, "ax", (writer) => writer.array(8, () => {})],
        [203, "v", (writer) => writer.signature("q").align(2).byte(1, 2)],
        [7, "s", (writer) => writer.text(":1.9")],
      ],
    });
    expect(takeMessages(bytes).messages).toMatchObject([{ type: "signal", member: "Member", sender: ":1.9" }]);
  });

  it("of a type that nobody knows is passed over, and the next one read", () => {
    const bytes = Buffer.concat([writeMessage({ type: 9, fields: [] }), writePrepareForSleep(true)]);
    expect(takeMessages(bytes).messages).toMatchObject([{ type: "unknown", member: undefined }, prepareForSleep]);
  });
});

describe("what cannot be a message", () => {
  const sleep = () => writePrepareForSleep(true);
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = sleep();
    change(bytes);
    return bytes;
  };

  it.each([
    ["a byte order that does not exist", changed((bytes) => bytes.write("x"))],
    ["another version of the protocol", changed((bytes) => bytes.writeUInt8(2, 3))],
    ["text of some other protocol", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a body of four gigabytes", changed((bytes) => bytes.writeUInt32LE(0xffff_ffff, 4))],
    ["header fields of four gigabytes", changed((bytes) => bytes.writeUInt32LE(0xffff_ffff, 12))],
    ["a message of 17 KiB", writeMessage({ type: 4, fields: [], signature: "s", body: (writer) => writer.text("x".repeat(17 * 1024)) })],
    ["a text longer than its message", changed((bytes) => bytes.writeUInt32LE(0x7fff_ffff, 20))],
    ["fields that end in the middle of one", changed((bytes) => bytes.writeUInt32LE(13, 12))],
    ["a field of no type", writeMessage({ type: 4, fields: [[200, "", () => {}]] })],
    ["a field of two types", writeMessage({ type: 4, fields: [[200, "yy", (writer) => writer.byte(1, 2)]] })],
    ["a field of a type that does not exist", writeMessage({ type: 4, fields: [[200, "z", (writer) => writer.byte(1)]] })],
    ["a struct that is not closed", writeMessage({ type: 4, fields: [[200, "(y", (writer) => writer.align(8).byte(1)]] })],
    ["an array of structs of nothing", writeMessage({ type: 4, fields: [[200, "a()", (writer) => writer.uint32(1).align(8).byte(1)]] })],
    [
      "an array that ends within an element",
      writeMessage({ type: 4, fields: [[200, "au", (writer) => writer.uint32(6).byte(1, 2, 3, 4, 5, 6)]] }),
    ],
    ["variants within variants without end", writeMessage({ type: 4, fields: [[200, "v", (writer) => manyVariants(writer)]] })],
  ])("is refused: %s", (_what, bytes) => {
    expect(() => takeMessages(bytes)).toThrow(MalformedDbus);
  });

  it("is refused in the arguments as well: neither true nor false, and too short", () => {
    const [neither] = takeMessages(changed((bytes) => bytes.writeUInt32LE(2, bytes.length - 4))).messages;
    const [short] = takeMessages(writeMessage({ type: 4, fields: [], signature: "b", body: (writer) => writer.byte(1) })).messages;
    for (const message of [neither, short]) expect(() => message && readArguments(message)).toThrow(MalformedDbus);
  });

  it("is never met with anything but MalformedDbus, whatever the bytes", () => {
    const onlyMalformed = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedDbus);
      }
    };
    const damage = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(damage, (damaged) => {
        const bytes = Buffer.from(fromJeepney.little, "hex");
        for (const [at, byte] of damaged) if (at < bytes.length) bytes[at] = byte;
        onlyMalformed(() => takeMessages(bytes).messages.map(readArguments));
      }),
    );
    const someTypes = fc.string({ unit: fc.constantFrom(..."ybnqiuxtdhsogva(){}"), maxLength: 12 });
    fc.assert(
      fc.property(someTypes, fc.uint8Array({ maxLength: 64 }), fc.boolean(), (types, bytes, isLittleEndian) =>
        onlyMalformed(() => readValues(types, Buffer.from(bytes), isLittleEndian)),
      ),
    );
  });
});

describe("a call to the bus", () => {
  it("is written byte for byte as another hand writes it", () => {
    const text = (value: string) => (writer: DbusWriter) => writer.text(value);
    const fields = (member: string) =>
      [
        [1, "o", text("/org/freedesktop/DBus")],
        [2, "s", text("org.freedesktop.DBus")],
        [3, "s", text(member)],
        [6, "s", text("org.freedesktop.DBus")],
      ] as const;
    const asCall = (bytes: Buffer) => {
      // We want answers, so no flags.
      bytes[2] = 0;
      return bytes.toString("hex");
    };
    expect(encodeBusCall(1, "Hello").toString("hex")).toBe(asCall(writeMessage({ type: messageType.call, fields: fields("Hello") })));
    expect(encodeBusCall(2, "AddMatch", "type='signal'").toString("hex")).toBe(
      asCall(writeMessage({ type: messageType.call, serial: 2, fields: fields("AddMatch"), signature: "s", body: text("type='signal'") })),
    );
  });
});

function manyVariants(writer: DbusWriter): void {
  for (let count = 0; count < 100; count += 1) writer.signature("v");
  writer.signature("y").byte(1);
}
