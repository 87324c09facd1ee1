import { withDeadline } from "../../../base/abort.js";
import type { Endpoint } from "../../../base/address.js";
import { asFailure, Failure } from "../../../base/failure.js";
import type { DialService } from "../../result.js";
import { hostOf, inWordsOfGateway } from "../check-gateway.js";
import { type DeepAnswer, judgeTrouble } from "./answer.js";

/** A gateway lets whoever had a wrong token wait for up to 5 s. */
const timeoutMs = 15_000;

/** Logs in to the gateway and asks how it is. Rejects only when `signal` aborts. The WebSocket's code is loaded when it is first wanted. */
export async function checkDeep(to: Endpoint, dial: DialService, token: string | undefined, signal: AbortSignal): Promise<DeepAnswer> {
  const hung = () => new Failure("gateway-hung", `the OpenClaw gateway did not finish the deep check within ${timeoutMs} ms`);
  try {
    const { converse } = await import("./conversation.js");
    return await withDeadline(timeoutMs, signal, hung, async (deadline) => {
      const channel = await dial(deadline);
      channel.on("error", () => {});
      return converse(channel, hostOf(to), token, deadline);
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return judgeTrouble(inWordsOfGateway(asFailure(error), to));
  }
}
