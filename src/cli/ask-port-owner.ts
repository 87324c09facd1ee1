import { createInterface } from "node:readline/promises";
import type { PortOwnerPrompt } from "../tunnel/status.js";
import type { CliContext } from "./define-command.js";

/** Shows who holds the port and asks whether it may be ended; only a yes is one. */
export async function askPortOwner({ output, signal }: CliContext, { bind, pid, command, user }: PortOwnerPrompt): Promise<boolean> {
  output.talk(`${bind} is held by an old ssh with this very forward: pid ${pid}${user === null ? "" : `, user ${user}`}\n  ${command}`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question("End it and take the port? [y/N] ", { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
