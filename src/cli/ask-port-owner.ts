import type { PortOwnerPrompt } from "../tunnel/status.js";
import { askYesNo } from "./ask.js";
import type { CliContext } from "./define-command.js";

/** Shows who holds the port and asks whether it may be ended. */
export async function askPortOwner({ output, signal }: CliContext, { bind, pid, command, user }: PortOwnerPrompt): Promise<boolean> {
  output.talk(`${bind} is held by an old ssh with this very forward: pid ${pid}${user === null ? "" : `, user ${user}`}\n  ${command}`);
  return askYesNo(signal, "End it and take the port?");
}
