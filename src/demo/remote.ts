import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { builtProgram } from "../base/own-package.js";
import type { CutAnswer, Order, StartAnswer, StartRequest } from "./server-process.js";

const closeTimeoutMs = 2_000;

/** The machine far away: the SSH server and the gateway behind it, in a process of their own. */
export class Remote {
  readonly ports: StartAnswer;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ports: StartAnswer) {
    this.#child = child;
    this.ports = ports;
  }

  static async start(authorizedKey: string): Promise<Remote> {
    const child = fork(builtProgram("demo/server-process"), { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    return new Remote(child, await ask<StartAnswer>(child, { authorizedKey }));
  }

  /** Drops every SSH session without a word to the clients. Tells how many there were. */
  async cut(): Promise<number> {
    return (await ask<CutAnswer>(this.#child, { do: "cut" })).cut;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), closeTimeoutMs);
    // It may be on its way out already, after a ctrl-C that went to every process of the terminal.
    this.#child.send({ do: "close" } satisfies Order, () => {});
    await exited;
    clearTimeout(timer);
  }
}

function ask<Answer>(child: ChildProcess, message: StartRequest | Order): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("the embedded SSH server ended"));
    child.once("exit", onExit);
    child.once("message", (answer) => {
      child.off("exit", onExit);
      resolve(answer as Answer);
    });
    child.send(message, (error) => {
      if (error) reject(error);
    });
  });
}
