/** What was said, as far as anyone here asks: structs, arrays and dict entries are lists, a variant is what is in it, and `null` was passed over. */
export type DbusValue = string | number | boolean | null | readonly DbusValue[];

/** Bytes that are not what the D-Bus specification says, or more than is taken here. */
export class MalformedDbus extends Error {}

/** The specification allows 64; nothing that is meant for us goes deeper than three. */
const depthMax = 16;

const fixedBytes: Readonly<Record<string, number>> = { y: 1, n: 2, q: 2, b: 4, i: 4, u: 4, h: 4, x: 8, t: 8, d: 8 };
/** Of those that begin with a length or a list: of the length, and of structs. */
const otherAlignments: Readonly<Record<string, number>> = { s: 4, o: 4, a: 4, g: 1, v: 1, "(": 8, "{": 8 };

/** Reads one value for each complete type in `signature` from the start of `bytes`, which lie at a multiple of eight. Throws MalformedDbus. */
export function readValues(signature: string, bytes: Buffer, isLittleEndian: boolean): DbusValue[] {
  return new ValueReader(bytes, isLittleEndian).readAll(signature, 0);
}

class ValueReader {
  readonly #bytes: Buffer;
  readonly #isLittleEndian: boolean;
  #at = 0;

  constructor(bytes: Buffer, isLittleEndian: boolean) {
    this.#bytes = bytes;
    this.#isLittleEndian = isLittleEndian;
  }

  readAll(signature: string, depth: number): DbusValue[] {
    return completeTypes(signature).map((type) => this.#read(type, depth));
  }

  #read(type: string, depth: number): DbusValue {
    if (depth > depthMax) throw new MalformedDbus("values within values without end");
    this.#align(alignmentOf(type));
    switch (type[0]) {
      case "y":
        return this.#take(1).readUInt8();
      case "u":
        return this.#readLength();
      case "b":
        return this.#readBoolean();
      case "s":
      case "o":
        return this.#readText(this.#readLength());
      case "g":
        return this.#readText(this.#take(1).readUInt8());
      case "v":
        return this.#readVariant(depth);
      case "a":
        return this.#readArray(type.slice(1), depth);
      case "(":
      case "{":
        return this.readAll(type.slice(1, -1), depth + 1);
      default:
        this.#take(alignmentOf(type));
        return null;
    }
  }

  #readLength(): number {
    const bytes = this.#take(4);
    return this.#isLittleEndian ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }

  #readBoolean(): boolean {
    const number = this.#readLength();
    if (number > 1) throw new MalformedDbus("a boolean that is neither");
    return number === 1;
  }

  /** A zero byte follows that is not part of it. */
  #readText(length: number): string {
    return this.#take(length + 1).toString("utf8", 0, length);
  }

  #readVariant(depth: number): DbusValue {
    const types = completeTypes(this.#readText(this.#take(1).readUInt8()));
    const [type] = types;
    if (type === undefined || types.length > 1) throw new MalformedDbus("a variant of not one type");
    return this.#read(type, depth + 1);
  }

  /** The length does not count the padding in front of the first element, which is there even when there is none. */
  #readArray(type: string, depth: number): DbusValue[] {
    const length = this.#readLength();
    this.#align(alignmentOf(type));
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedDbus("an array longer than its message");
    const values: DbusValue[] = [];
    while (this.#at < end) values.push(this.#read(type, depth + 1));
    if (this.#at !== end) throw new MalformedDbus("an array with half an element");
    return values;
  }

  #align(boundary: number): void {
    this.#at = Math.ceil(this.#at / boundary) * boundary;
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new MalformedDbus("a value longer than its message");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

function completeTypes(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

/** Each type takes a byte at least, so that whoever reads an array of them comes to its end: a struct of nothing is refused. */
function endOfType(signature: string, at: number): number {
  const first = signature[at] ?? "";
  if (first === "a") return endOfType(signature, at + 1);
  if (first === "(" || first === "{") {
    let end = at + 1;
    do end = endOfType(signature, end);
    while (signature[end] !== (first === "(" ? ")" : "}"));
    return end + 1;
  }
  if (fixedBytes[first] === undefined && otherAlignments[first] === undefined) throw new MalformedDbus("a type that does not exist");
  return at + 1;
}

function alignmentOf(type: string): number {
  return fixedBytes[type[0] ?? ""] ?? otherAlignments[type[0] ?? ""] ?? 1;
}
