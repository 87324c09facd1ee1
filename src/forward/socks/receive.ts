import type { Socket } from "node:net";
import type { Logger } from "../../base/logger.js";
import { reset } from "../reset.js";
import { sayLast } from "../say-last.js";
import type { Visitor } from "../visitor.js";
import { type Handshake, readHandshake } from "./handshake.js";
import { outcomeOf, socksReply } from "./reply.js";

/** A program says where it wants to go as soon as it may. */
const handshakeMs = 10_000;

/**
 * Hears where a SOCKS client wants to go. Nothing more is read from it then until it is welcome. Undefined when that comes to
 * nothing: it was told so, or has left.
 */
export function receiveSocks(client: Socket, log: Logger): Promise<Visitor | undefined> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    let saidBytes = 0;
    const finish = (visitor: Visitor | undefined) => {
      clearTimeout(timer);
      client.off("data", hear).off("end", giveUp).off("close", giveUp);
      resolve(visitor);
    };
    const giveUp = () => {
      reset(client);
      finish(undefined);
    };
    const hear = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      const handshake = readHandshake(heard);
      const words = handshake.said.subarray(saidBytes);
      saidBytes = handshake.said.length;
      if (handshake.state === "unfinished") return say(client, words);
      client.pause();
      if (handshake.state === "refused") {
        log.debug({ event: "forward.no-socks" }, handshake.why);
        finish(undefined);
        void sayLast(client, words);
        return;
      }
      say(client, words);
      if (handshake.rest.length > 0) client.unshift(handshake.rest);
      finish(visitorOf(client, handshake));
    };
    const timer = setTimeout(giveUp, handshakeMs);
    client.on("data", hear).once("end", giveUp).once("close", giveUp);
    if (client.destroyed) giveUp();
    else client.resume();
  });
}

function visitorOf(client: Socket, { to, version }: Handshake & { state: "request" }): Visitor {
  return {
    to,
    welcome: () => void client.write(socksReply(version, "granted")),
    dismiss: (failure) => void sayLast(client, socksReply(version, outcomeOf(failure))),
  };
}

function say(client: Socket, words: Buffer): void {
  if (words.length > 0) client.write(words);
}
