import { type Address, formatAddress, isSocketPath } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { Logger } from "../../base/logger.js";
import { describeShared, localAddresses, ownerBefore } from "../../config/binds.js";
import { isNamed } from "../../config/destination.js";
import type { ForwardSpec, OnPortBusy, TunnelSpec } from "../../config/tunnel-spec.js";
import { alternativePorts } from "../../forward/place/alternatives.js";
import type { BusyPolicy } from "../../forward/place/busy-policy.js";
import type { Place } from "../../forward/place/place.js";
import type { TcpForward, WantedForward } from "../../forward/port-owner/very-forward.js";
import type { PortOwnerPrompt } from "../../tunnel/status.js";
import { promptId } from "../prompts.js";
import type { PortBook } from "./port-book.js";
import { resolvedServer } from "./resolved-server.js";
import { endStaleForward, findStaleForward, type StaleForward } from "./stale-forward.js";

/** How a tunnel was asked to be opened. */
export interface Opening {
  /** A person waits at a terminal, and can be asked. */
  readonly isAttended: boolean;
  /** For this time, in place of what the config says. */
  readonly onPortBusy: OnPortBusy | undefined;
}

/** By the daemon's start, or by an edit of the config. */
const unattended: Opening = { isAttended: false, onPortBusy: undefined };

/** The local ports that all of these tunnels want, now or later. */
function portsOf(specs: readonly TunnelSpec[]): ReadonlySet<number> {
  const mayListen = ({ forwards, optionalForwards }: TunnelSpec) => [...forwards, ...optionalForwards.filter((one) => "bind" in one)];
  return new Set(specs.flatMap((spec) => localAddresses(mayListen(spec)).map(({ port }) => port)));
}

export interface TunnelPortsContext {
  readonly log: Logger;
  readonly book: PortBook;
  /** All tunnels, those of the config first. */
  readonly allTunnels: () => readonly TunnelSpec[];
  /** Whatever optional forward has this port gives it up. */
  readonly leaveOptional: (port: number) => void;
  /** Called when `status` shows another address, or another reason for it. */
  readonly onChange: () => void;
}

/** A question for a person: may this process be ended? */
interface Question {
  readonly prompt: PortOwnerPrompt;
  readonly stale: StaleForward;
  readonly wanted: WantedForward;
}

/** What one tunnel does about its busy ports: `hold`, `next` or `replace`, and what it remembers and asks for that. */
export class TunnelPorts implements BusyPolicy {
  opening: Opening = unattended;
  #spec: TunnelSpec;
  readonly #context: TunnelPortsContext;
  readonly #questions = new Map<string, Question>();
  /** One ssh may hold the ports of several forwards, and is ended once. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(spec: TunnelSpec, context: TunnelPortsContext) {
    this.#spec = spec;
    this.#context = context;
  }

  /** An edit of the config: what was said when it was opened holds no more. */
  adopt(spec: TunnelSpec): void {
    this.#spec = spec;
    this.opening = unattended;
  }

  /** What the tunnel, held for a busy port, has to ask; null when nobody could be ended, or it may not be asked. */
  get prompt(): PortOwnerPrompt | null {
    const [question] = this.#questions.values();
    return question?.prompt ?? null;
  }

  reservation(wanted: Address): Failure | undefined {
    const owner = ownerBefore(this.#context.allTunnels(), this.#spec.name, wanted);
    return owner && new Failure("port-busy", describeShared({ bind: wanted, kind: "local", owner }));
  }

  onBusy(wanted: Address, failure: Failure): Promise<Failure> {
    this.#context.leaveOptional(wanted.port);
    const done = this.#turn.then(() => this.#judge(wanted, failure));
    this.#turn = done.catch(() => {});
    return done;
  }

  alternatives(wanted: Address): readonly number[] {
    if (this.#policy !== "next") return [];
    const remembered = this.#context.book.get(this.#spec.name, formatAddress(wanted));
    return alternativePorts(wanted.port, remembered, portsOf(this.#context.allTunnels()));
  }

  onPlaced(wanted: Address, place: Place, before: Place | undefined): void {
    const [wantedBind, bind] = [formatAddress(wanted), formatAddress(place.bind)];
    const { log, book, onChange } = this.#context;
    this.#questions.delete(wantedBind);
    if (place.displacedBy !== undefined) {
      book.set(this.#spec.name, wantedBind, place.bind.port);
      const fields = { event: "forward.moved", tunnel: this.#spec.name, bind, wantedBind };
      log.warn(fields, `${place.displacedBy.message}; the forward is at ${bind} meanwhile`);
    } else if (before !== undefined) {
      log.info({ event: "forward.returned", tunnel: this.#spec.name, bind }, `${wantedBind} is free again, and the forward is back there`);
    } else {
      return;
    }
    onChange();
  }

  onTwinChanged({ bind, twinFailure }: Place): void {
    const { log, onChange } = this.#context;
    const fields = { event: "forward.completed", tunnel: this.#spec.name, bind: formatAddress(bind) };
    if (twinFailure === undefined) log.info(fields, `the forward at ${formatAddress(bind)} has the other loopback address as well now`);
    onChange();
  }

  /** A person has agreed. Throws `prompt-stale` when the process that they were shown has not ended, or is not the one any more. */
  async endAsked({ id, pid }: PortOwnerPrompt): Promise<void> {
    const question = [...this.#questions.values()].find(({ prompt }) => prompt.id === id);
    if (question !== undefined && (await this.#end(question.stale, question.wanted))) return;
    throw new Failure("prompt-stale", `the process ${pid} is not what it was, or could not be ended; nothing else was touched`, {
      hint: "See who holds the port now: `clawtunnel status`; then `clawtunnel up` again.",
    });
  }

  get #policy(): OnPortBusy {
    return this.opening.onPortBusy ?? this.#spec.onPortBusy;
  }

  async #judge(bind: Address, failure: Failure): Promise<Failure> {
    const wanted = await this.#wantedAt(bind);
    const stale = wanted && (await findStaleForward(wanted));
    this.#questions.delete(formatAddress(bind));
    if (stale === undefined || wanted === undefined) return failure;
    if (this.#policy === "replace" && this.opening.isAttended) this.#ask(wanted, stale);
    else if (this.#policy === "replace") await this.#end(stale, wanted);
    return new Failure("port-busy", failure.message, {
      hint: "It is this very forward already. `clawtunnel up NAME --on-port-busy replace` ends it and takes the port.",
      cause: failure,
    });
  }

  #ask(wanted: WantedForward, stale: StaleForward): void {
    const { pid, command, user } = stale.owner;
    const bind = formatAddress(wanted.forward.bind);
    const id = promptId(this.#spec.name, bind, stale.processes);
    this.#questions.set(bind, { prompt: { id, kind: "port-owner", bind, pid, command, user }, stale, wanted });
  }

  async #end(stale: StaleForward, wanted: WantedForward): Promise<boolean> {
    const { pid, command } = stale.owner;
    const bind = formatAddress(wanted.forward.bind);
    const hasEnded = await endStaleForward(stale, wanted);
    const fields = { event: "forward.replaced", tunnel: this.#spec.name, bind, ownerPid: pid, command };
    const what = hasEnded ? "was ended" : "was to be ended, but has changed or stays";
    this.#context.log.warn(fields, `a stale ssh with this very forward ${what}: pid ${pid} (${command})`);
    return hasEnded;
  }

  async #wantedAt(bind: Address): Promise<WantedForward | undefined> {
    const { login } = this.#spec;
    const forwards = this.#spec.forwards.flatMap(tcpForward);
    const forward = forwards.find((candidate) => formatAddress(candidate.bind) === formatAddress(bind));
    if (forward === undefined) return undefined;
    const target = await resolvedServer(login);
    return { target, alias: login.target.host, forward, others: forwards.filter((other) => other !== forward) };
  }
}

function tcpForward(spec: ForwardSpec): TcpForward[] {
  if (spec.kind !== "local" || isSocketPath(spec.bind) || isNamed(spec.to) || isSocketPath(spec.to)) return [];
  return [{ bind: spec.bind, to: spec.to }];
}
