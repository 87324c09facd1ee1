import { Failure } from "../../src/base/failure.js";
import type { RemoteHost } from "../../src/ssh/session.js";

/**
 * What may happen to one command on a server. `lost`: the session ends before it ran, or after. `fails`: nothing of it ran, and it says
 * so. `dies`: the shell is killed in the midst of it, where its script has `# --`, and the session lives. `killed`: so is whoever asked, after it ran (and before the next does), or with the shell.
 */
export const faultKinds = ["lost-before", "lost-after", "fails", "dies", "killed-after", "killed-with-it"] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Which command, from 0 on. */
  readonly at: number;
  /** For a command that dies: at which of its marks. */
  readonly mark: number;
}

/** A host on which one command of many goes wrong; all others are done by `host`. */
export class FaultHost implements RemoteHost {
  /** How many marks each command had so far. */
  readonly marks: number[] = [];
  readonly #host: RemoteHost;
  readonly #fault: Fault | undefined;
  readonly #kill: () => void;

  constructor(host: RemoteHost, fault: Fault | undefined, kill: () => void) {
    this.#host = host;
    this.#fault = fault;
    this.#kill = kill;
  }

  async exec(...[command, options, signal]: Parameters<RemoteHost["exec"]>): ReturnType<RemoteHost["exec"]> {
    const run = (input = options.input) => this.#host.exec(command, input === undefined ? {} : { input }, signal);
    const marks = [...(options.input ?? "").matchAll(/^# --$/gm)].map(({ index }) => index);
    if (this.marks.push(marks.length) - 1 !== this.#fault?.at) return run();
    const { kind, mark } = this.#fault;
    const at = marks[mark];
    const cut = at === undefined ? options.input : `${options.input?.slice(0, at)}kill -9 $$; exit 1\n${options.input?.slice(at)}`;
    if (kind === "fails") return { exitCode: 1, stdout: "", stderr: "" };
    if (kind === "dies") return run(cut);
    if (kind === "killed-with-it") await run(cut);
    if (kind === "lost-after" || kind === "killed-after") await run();
    if (kind.startsWith("killed")) this.#kill();
    throw new Failure("session-gone", "the session ended");
  }
}
