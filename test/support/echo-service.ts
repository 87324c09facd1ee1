import { createCipheriv, createHash } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { type HttpService, startHttpService } from "./http-service.js";

/** What became of one question: the right answer, an answer that nobody may ever get, or an honest error. */
export type EchoOutcome =
  | { readonly kind: "right" }
  | { readonly kind: "wrong"; readonly why: string }
  | { readonly kind: "error"; readonly code: string };

/** Answers each id with a body that only this id has: `POST /echo/ID?bytes=N`. A request's body is hashed and comes back in `x-sha256`. */
export function startEchoService(): Promise<HttpService> {
  return startHttpService((request, response) => {
    const url = new URL(request.url ?? "/", "http://service");
    const id = url.pathname.replace("/echo/", "");
    const bytes = Number(url.searchParams.get("bytes") ?? "0");
    const sum = createHash("sha256");
    request.on("data", (chunk: Buffer) => sum.update(chunk));
    request.once("error", () => response.destroy());
    request.once("end", () => {
      response.writeHead(200, { "x-id": id, "x-sha256": sum.digest("hex"), "content-length": bytes });
      response.end(bodyOf(id, bytes));
    });
  });
}

/** Pseudo-random bytes that belong to `id`. */
export function bodyOf(id: string, bytes: number): Buffer {
  const key = createHash("sha256").update(id).digest().subarray(0, 16);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

export interface EchoQuestion {
  readonly id: string;
  /** Of the answer. */
  readonly bytes: number;
  /** Of the request's body, which is the id's own as well. */
  readonly uploadBytes?: number;
  readonly timeoutMs?: number;
}

/** Asks over a connection of its own and looks at every byte of the answer. Never rejects. */
export function askEcho(port: number, question: EchoQuestion): Promise<EchoOutcome> {
  const { id, bytes, uploadBytes = 0, timeoutMs = 60_000 } = question;
  const upload = bodyOf(id, uploadBytes);
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve({ kind: "error", code: error.code ?? error.message });
    const options = { method: "POST", host: "127.0.0.1", port, path: `/echo/${id}?bytes=${bytes}`, agent: false };
    const asked = request({ ...options, headers: { "content-length": uploadBytes } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", failed);
      response.once("end", () => resolve(judge(response, Buffer.concat(chunks), question, upload)));
    });
    asked.once("error", failed);
    asked.setTimeout(timeoutMs, () => asked.destroy(new Error("timeout")));
    asked.end(upload);
  });
}

function judge({ statusCode, headers }: IncomingMessage, body: Buffer, { id, bytes }: EchoQuestion, upload: Buffer): EchoOutcome {
  const wrong = (why: string): EchoOutcome => ({ kind: "wrong", why: `${id}: ${why}` });
  if (statusCode !== 200) return wrong(`status ${statusCode}`);
  if (headers["x-id"] !== id) return wrong(`the answer is for ${headers["x-id"]}`);
  if (headers["x-sha256"] !== sha256(upload)) return wrong("the service was sent other bytes");
  if (body.length !== bytes) return wrong(`${body.length} bytes instead of ${bytes}`);
  return body.equals(bodyOf(id, bytes)) ? { kind: "right" } : wrong("the bytes are not its own");
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
