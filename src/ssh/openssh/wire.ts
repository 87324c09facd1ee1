/** The encodings of RFC 4251, 5, that OpenSSH's own protocols use as well: numbers are big-endian, a string has its length before it. */

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
