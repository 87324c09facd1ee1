/** The encodings of RFC 4251, 5: numbers are big-endian, a string has its length before it. Keys, agents and OpenSSH's own protocols use them as well. */

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function string(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u32(bytes.length), bytes]);
}

/** Reads one value after another. What is cut short is undefined, and so is all that would come behind it. */
export class WireReader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  u8(): number | undefined {
    return this.#take(1)?.readUInt8(0);
  }

  u32(): number | undefined {
    return this.#take(4)?.readUInt32BE(0);
  }

  string(): Buffer | undefined {
    const length = this.u32();
    return length === undefined ? undefined : this.#take(length);
  }

  #take(length: number): Buffer | undefined {
    const isWhole = length <= this.#rest.length;
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(isWhole ? length : this.#rest.length);
    return isWhole ? taken : undefined;
  }
}

/** Longer than any message that is waited for here. */
const frameMaxBytes = 256 * 1024;

/** Cuts a stream of bytes into messages that each have their length before them. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** The messages that are whole now. Throws when what comes is no such stream. */
  feed(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    for (;;) {
      if (this.#rest.length < 4) return frames;
      const length = this.#rest.readUInt32BE(0);
      if (length > frameMaxBytes) throw new Error(`a message of ${length} bytes`);
      if (this.#rest.length < 4 + length) return frames;
      frames.push(this.#rest.subarray(4, 4 + length));
      this.#rest = this.#rest.subarray(4 + length);
    }
  }
}
