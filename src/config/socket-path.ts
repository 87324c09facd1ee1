import type { SocketPath } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { maxSocketPathBytes } from "./paths.js";

/** A unix socket's path as written; on the server it must be absolute, because nobody would say from where another is meant. Throws `forward-invalid`. */
export function parseSocketPath(text: string, side: "here" | "server"): SocketPath {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new Failure("forward-invalid", "a socket's path holds a control character");
  if (side === "here" && process.platform === "win32")
    throw new Failure("forward-invalid", `"${text}": unix sockets on this side need Linux or macOS; use a port`);
  if (side === "here" || text.startsWith("/")) return { path: text };
  throw new Failure("forward-invalid", `"${text}": a socket's path on the server must be absolute`);
}

/** Throws `socket-path-too-long` for what this system cannot listen on or connect to. */
export function checkSocketPath({ path }: SocketPath, platform: NodeJS.Platform = process.platform): SocketPath {
  const limit = maxSocketPathBytes[platform];
  const length = Buffer.byteLength(path);
  if (limit === undefined || length <= limit) return { path };
  throw new Failure("socket-path-too-long", `the socket's path has ${length} bytes, this system takes ${limit}: ${path}`, {
    hint: "Choose a shorter path for the socket.",
  });
}
