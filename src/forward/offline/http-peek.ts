import { isLoopback, splitHostPort } from "../../base/address.js";

/** What the beginning of a plain HTTP/1.x request tells about who asks, and how. */
export interface PeekedRequest {
  readonly method: string;
  /** Every `Accept` as one list; empty when there was none. */
  readonly accept: string;
  /** Whether it was sent to this machine's own name. A page that had its name pointed here (DNS rebinding) sends its own. */
  readonly isForThisMachine: boolean;
}

/** More of a head than this is not read. */
export const headMaxBytes = 8 * 1024;

/** RFC 9110 leaves methods open; the registered ones have capitals and dashes, and no more than 17 of them. */
const methodStart = /^[A-Z][A-Z-]{0,23}(?: |$)/;
const requestLine = /^([A-Z][A-Z-]{0,23}) [\x21-\x7e\x80-\xff]+ HTTP\/1\.[01]\r?\n/;

/** Whether these first bytes can still become a request. Looks at a few of them only, so that it may be asked after each. */
export function mayBeHttp(bytes: Buffer): boolean {
  return methodStart.test(bytes.toString("latin1", 0, 32));
}

/** Whether the empty line that ends a head lies in `bytes`. */
export function endsHead(bytes: Buffer): boolean {
  return bytes.includes("\n\r\n") || bytes.includes("\n\n");
}

/**
 * Reads a head, or as much of it as came. Undefined for everything that is not HTTP/1.x down to the version, HTTP/2's preface
 * among it.
 */
export function peekRequest(bytes: Buffer): PeekedRequest | undefined {
  const text = bytes.toString("latin1");
  const line = requestLine.exec(text);
  if (line === null) return undefined;
  const [head = ""] = text.split(/\n\r?\n/, 1);
  // Half a value is another value: what has no end yet is left out.
  const fields = head.length < text.length ? `${head}\n` : text.slice(0, text.lastIndexOf("\n") + 1);
  return {
    method: line[1] ?? "",
    accept: valuesOf("accept", fields).join(", "),
    isForThisMachine: valuesOf("host", fields).every(isOwnHost),
  };
}

function valuesOf(name: string, fields: string): string[] {
  return fields.split("\n").flatMap((field) => {
    const colon = field.indexOf(":");
    return field.slice(0, Math.max(0, colon)).toLowerCase() === name ? [field.slice(colon + 1).trim()] : [];
  });
}

function isOwnHost(value: string): boolean {
  return isLoopback(splitHostPort(value)?.host.toLowerCase() ?? "");
}
