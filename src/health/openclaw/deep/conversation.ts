import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { onAbort } from "../../../base/abort.js";
import { asFailure, Failure } from "../../../base/failure.js";
import { ownVersion } from "../../../base/own-package.js";
import { type DeepAnswer, fieldsOf, judgeClose, judgeRefusal, judgeTrouble, judgeUpgrade } from "./answer.js";

/** A hello is some 15 KB. */
const frameMaxBytes = 1024 * 1024;

/**
 * The gateway's WebSocket handshake over a channel that stands: its challenge is waited for, answered with the token as the
 * gateway's own probe does (no scopes, no device), then `health` is asked and the connection closed. Protocol 3 is that of 2026.2 and
 * 2026.3, 4 that of 2026.9. Rejects only when `signal` aborts.
 */
export function converse(channel: Duplex, host: string, token: string | undefined, signal: AbortSignal): Promise<DeepAnswer> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}/`, {
      // The library asks for no more of it than any stream has.
      createConnection: () => channel as Socket,
      perMessageDeflate: false,
      maxPayload: frameMaxBytes,
      followRedirects: false,
    });
    const talk = new Talk(token, (frame) => socket.send(JSON.stringify(frame)));
    const end = (answer: DeepAnswer) => {
      forget();
      if (answer.state === "ok") socket.close(1000);
      else leave();
      resolve(answer);
    };
    const leave = () => {
      socket.terminate();
      channel.destroy();
    };
    const forget = onAbort(signal, () => {
      leave();
      reject(signal.reason);
    });
    socket.on("message", (data) => {
      const answer = talk.hear(String(data));
      if (answer !== undefined) end(answer);
    });
    socket.on("unexpected-response", (_request, response) => end(judgeUpgrade(response.statusCode ?? 0)));
    socket.on("close", (code) => end(judgeClose(code)));
    socket.on("error", (error) => end(judgeTrouble(failureOf(error))));
  });
}

/** The words of one conversation. */
class Talk {
  readonly #token: string | undefined;
  readonly #say: (frame: object) => void;
  readonly #connectId = randomUUID();
  readonly #healthId = randomUUID();
  #hello: DeepAnswer | undefined;
  #hasAnswered = false;

  constructor(token: string | undefined, say: (frame: object) => void) {
    this.#token = token;
    this.#say = say;
  }

  /** The verdict, once there is one. */
  hear(text: string): DeepAnswer | undefined {
    const { type, event, id, ok, payload, error } = fieldsOf(parse(text));
    if (type === "event" && event === "connect.challenge") {
      // To one challenge alone: the answer is longer than it, and whoever sends many and reads nothing would fill our memory.
      if (this.#hasAnswered) return undefined;
      this.#hasAnswered = true;
      this.#request(this.#connectId, "connect", {
        minProtocol: 3,
        maxProtocol: 4,
        client: { id: "openclaw-probe", version: ownVersion(), platform: process.platform, mode: "probe" },
        role: "operator",
        scopes: [],
        caps: [],
        ...(this.#token !== undefined && { auth: { token: this.#token } }),
      });
      return undefined;
    }
    if (type !== "res") return undefined;
    if (id === this.#connectId && ok === true) {
      this.#hello = readHello(payload);
      this.#request(this.#healthId, "health", {});
      return undefined;
    }
    if (id === this.#connectId) return judgeRefusal(error);
    if (id !== this.#healthId) return undefined;
    return ok === true
      ? this.#hello
      : judgeTrouble(new Failure("gateway-hung", "the OpenClaw gateway takes the token, and does not tell how it is"));
  }

  #request(id: string, method: string, params: object): void {
    this.#say({ type: "req", id, method, params });
  }
}

function readHello(payload: unknown): DeepAnswer {
  const { protocol, server } = fieldsOf(payload);
  const { bootId, version } = fieldsOf(server);
  return {
    state: "ok",
    protocol: typeof protocol === "number" ? protocol : null,
    bootId: typeof bootId === "string" ? bootId : null,
    version: typeof version === "string" ? version : null,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failureOf(error: Error): Failure {
  if (error instanceof Failure) return asFailure(error);
  return new Failure("gateway-down", "the OpenClaw gateway closed the deep check's connection without an answer", { cause: error });
}
