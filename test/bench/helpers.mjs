import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A service or a measuring client in a process of its own, so that it takes no time from what is measured. */
export async function startHelper(scope, file, kind) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [kind], { execArgv: [] });
  const exited = once(child, "exit");
  scope.defer(async () => {
    child.kill();
    await exited;
  });
  const [hello] = await once(child, "message");
  return {
    ...hello,
    ask: async (order) => {
      const answer = once(child, "message");
      child.send(order);
      const [reply] = await Promise.race([answer, exited.then(() => [{ error: "the helper ended" }])]);
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply;
    },
  };
}

/** The other end of it: each message names one of `orders`, and is answered with what that resolves with. */
export function serveOrders(orders) {
  process.on("message", (order) => {
    orders[order.do](order).then(
      (answer) => process.send(answer),
      (error) => process.send({ error: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
  process.send({});
}

/** `http`, `echo`, `source` (as many bytes as the client asks for) or `sink` (answers with their number). */
export function startService(scope, kind) {
  return startHelper(scope, "./service.mjs", kind);
}

export function startClient(scope) {
  return startHelper(scope, "./client.mjs", "client");
}
