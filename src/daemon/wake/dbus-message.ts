import { type DbusValue, MalformedDbus, readValues } from "./dbus-value.js";

/** One message, as far as its reader needs it. */
export interface DbusMessage {
  readonly type: "call" | "return" | "error" | "signal" | "unknown";
  readonly path: string | undefined;
  readonly interface: string | undefined;
  readonly member: string | undefined;
  readonly errorName: string | undefined;
  readonly replySerial: number | undefined;
  /** Undefined for a broadcast. */
  readonly destination: string | undefined;
  /** Written by the bus itself, and the unique name (`:1.7`), never one that was asked for. */
  readonly sender: string | undefined;
  /** Types of the arguments. */
  readonly signature: string;
  readonly body: Buffer;
  readonly isLittleEndian: boolean;
}

/** What we listen for has 200 bytes; the specification allows 128 MiB, which nobody shall make us keep. */
const messageMaxBytes = 16 * 1024;
/** Up to and with the length of the header fields. */
const prefixBytes = 16;
const types = ["unknown", "call", "return", "error", "signal"] as const;
const fieldCode = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, sender: 7, signature: 8 } as const;

/** Takes the whole messages off the front of what has arrived. Throws MalformedDbus, after which nothing more can be understood. */
export function takeMessages(arrived: Buffer): { readonly messages: DbusMessage[]; readonly rest: Buffer } {
  const messages: DbusMessage[] = [];
  let rest = arrived;
  for (;;) {
    const length = lengthOfFirst(rest);
    if (length === undefined || length > rest.length) return { messages, rest };
    messages.push(decode(rest.subarray(0, length)));
    rest = rest.subarray(length);
  }
}

/** The arguments, one for each type in the signature. Throws MalformedDbus. */
export function readArguments({ signature, body, isLittleEndian }: DbusMessage): DbusValue[] {
  return readValues(signature, body, isLittleEndian);
}

/** A call to the bus itself, with one string or nothing. */
export function encodeBusCall(serial: number, member: string, argument?: string): Buffer {
  const fields = [
    encodeField(fieldCode.path, "o", encodeText("/org/freedesktop/DBus")),
    encodeField(fieldCode.interface, "s", encodeText("org.freedesktop.DBus")),
    encodeField(fieldCode.member, "s", encodeText(member)),
    encodeField(fieldCode.destination, "s", encodeText("org.freedesktop.DBus")),
    ...(argument === undefined ? [] : [encodeField(fieldCode.signature, "g", Buffer.from("\u0001s\0"))]),
  ];
  const body = argument === undefined ? Buffer.alloc(0) : encodeText(argument);
  const start = Buffer.from(["l".charCodeAt(0), types.indexOf("call"), 0, 1]);
  const prefix = Buffer.concat([start, ...[body.length, serial, joinAligned(fields).length].map(encodeUint32)]);
  return joinAligned([prefix, ...fields, body]);
}

function lengthOfFirst(bytes: Buffer): number | undefined {
  if (bytes.length < prefixBytes) return undefined;
  const isLittleEndian = isLittleEndianMessage(bytes);
  const at = (offset: number) => (isLittleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
  const fieldsLength = at(12);
  const length = prefixBytes + fieldsLength + paddingAfter(fieldsLength) + at(4);
  if (length > messageMaxBytes) throw new MalformedDbus(`a message of ${length} bytes`);
  return length;
}

function decode(bytes: Buffer): DbusMessage {
  const isLittleEndian = isLittleEndianMessage(bytes);
  const [, type, , , bodyLength, , fields] = readValues("yyyyuua(yv)", bytes, isLittleEndian);
  const values = new Map((fields as readonly [number, DbusValue][]).map(([code, value]) => [code, value]));
  const text = (code: number) => asText(values.get(code));
  const replySerial = values.get(fieldCode.replySerial);
  return {
    type: types[Number(type)] ?? "unknown",
    path: text(fieldCode.path),
    interface: text(fieldCode.interface),
    member: text(fieldCode.member),
    errorName: text(fieldCode.errorName),
    replySerial: typeof replySerial === "number" ? replySerial : undefined,
    destination: text(fieldCode.destination),
    sender: text(fieldCode.sender),
    signature: text(fieldCode.signature) ?? "",
    body: bytes.subarray(bytes.length - Number(bodyLength)),
    isLittleEndian,
  };
}

function isLittleEndianMessage(bytes: Buffer): boolean {
  const [order, , , version] = bytes;
  const isLittleEndian = order === "l".charCodeAt(0);
  if (!isLittleEndian && order !== "B".charCodeAt(0)) throw new MalformedDbus("a byte order that does not exist");
  if (version !== 1) throw new MalformedDbus(`version ${version} of the protocol`);
  return isLittleEndian;
}

function asText(value: DbusValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A struct of the code and a variant. With a type of one letter the value comes at byte four, as it must. */
function encodeField(code: number, type: "s" | "o" | "g", value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code, 1, type.charCodeAt(0), 0]), value]);
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeUint32(bytes.length), bytes, Buffer.alloc(1)]);
}

function encodeUint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

/** Each part begins at a multiple of eight. */
function joinAligned(parts: readonly Buffer[]): Buffer {
  return parts.reduce((joined, part) => Buffer.concat([joined, Buffer.alloc(paddingAfter(joined.length)), part]), Buffer.alloc(0));
}

function paddingAfter(length: number): number {
  return (8 - (length % 8)) % 8;
}
