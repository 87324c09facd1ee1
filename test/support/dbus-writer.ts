/** Written apart from the product's codec, so that the two can disagree: a list of bytes that knows how long it is. */
export class DbusWriter {
  readonly bytes: number[] = [];

  constructor(readonly isLittleEndian = true) {}

  align(boundary: number): this {
    while (this.bytes.length % boundary !== 0) this.bytes.push(0);
    return this;
  }

  byte(...bytes: number[]): this {
    this.bytes.push(...bytes);
    return this;
  }

  uint32(number: number): this {
    this.align(4);
    const littleEndian = [0, 8, 16, 24].map((shift) => (number >>> shift) & 0xff);
    return this.byte(...(this.isLittleEndian ? littleEndian : littleEndian.reverse()));
  }

  text(text: string): this {
    return this.uint32(Buffer.byteLength(text)).byte(...Buffer.from(text), 0);
  }

  signature(types: string): this {
    return this.byte(types.length, ...Buffer.from(types), 0);
  }

  /** `write` adds the elements. */
  array(boundary: number, write: (array: this) => void): this {
    this.uint32(0);
    const lengthAt = this.bytes.length - 4;
    this.align(boundary);
    const from = this.bytes.length;
    write(this);
    this.bytes.splice(lengthAt, 4, ...new DbusWriter(this.isLittleEndian).uint32(this.bytes.length - from).bytes);
    return this;
  }
}

/** Header fields by their code: how each is typed, and how its value is written. */
export type WrittenFields = readonly (readonly [code: number, types: string, write: (writer: DbusWriter) => void])[];

export const messageType = { call: 1, return: 2, error: 3, signal: 4 } as const;

export interface WrittenMessage {
  readonly type: number;
  readonly serial?: number;
  readonly fields: WrittenFields;
  /** Types of the body, told in the header unless empty. */
  readonly signature?: string;
  readonly body?: (writer: DbusWriter) => void;
  readonly isLittleEndian?: boolean;
}

export function writeMessage({ type, serial = 1, fields, signature = "", body, isLittleEndian = true }: WrittenMessage): Buffer {
  const bodyWriter = new DbusWriter(isLittleEndian);
  body?.(bodyWriter);
  const all: WrittenFields = signature === "" ? fields : [...fields, [8, "g", (writer) => writer.signature(signature)]];
  const writer = new DbusWriter(isLittleEndian).byte((isLittleEndian ? "l" : "B").charCodeAt(0), type, 1, 1);
  writer.uint32(bodyWriter.bytes.length).uint32(serial);
  writer.array(8, () => {
    for (const [code, types, write] of all) write(writer.align(8).byte(code).signature(types));
  });
  return Buffer.from([...writer.align(8).bytes, ...bodyWriter.bytes]);
}

/** PrepareForSleep as systemd-logind broadcasts it, or to one peer. */
export function writePrepareForSleep(
  isAsleep: boolean,
  { destination, isLittleEndian = true }: { destination?: string; isLittleEndian?: boolean } = {},
): Buffer {
  return writeMessage({
    type: messageType.signal,
    isLittleEndian,
    fields: [
      [1, "o", (writer) => writer.text("/org/freedesktop/login1")],
      [2, "s", (writer) => writer.text("org.freedesktop.login1.Manager")],
      [3, "s", (writer) => writer.text("PrepareForSleep")],
      ...(destination === undefined ? [] : [[6, "s", (writer: DbusWriter) => writer.text(destination)] as const]),
    ],
    signature: "b",
    body: (writer) => writer.uint32(isAsleep ? 1 : 0),
  });
}
