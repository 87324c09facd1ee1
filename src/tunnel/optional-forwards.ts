import { isDeepStrictEqual } from "node:util";
import { isSocketPath } from "../base/address.js";
import { besideGateway } from "../config/gateway-preset.js";
import type { BesideGateway, LocalForwardSpec, OptionalForward } from "../config/tunnel-spec.js";
import type { Forward } from "../forward/forward.js";
import { checkThrough } from "../health/check-forward.js";
import type { HealthResult } from "../health/result.js";
import type { SshSession } from "../ssh/session.js";

/** sshd writes a line into its log for each look at which nothing is there. */
const lookEveryMs = 600_000;

/** One that is wanted, and opens when something was seen behind it. */
interface Candidate {
  readonly spec: LocalForwardSpec;
  readonly forward: Forward;
  /** Whether something was seen to listen behind it, ever since it is wanted. */
  isFound: boolean;
  /** The session that may not lead there: it is not asked again. */
  prohibitedIn: SshSession | undefined;
}

/** The forwards of one tunnel that are there if they can be: nothing that becomes of them is of any consequence to the tunnel. */
export class OptionalForwards {
  readonly #make: (spec: LocalForwardSpec) => Forward;
  readonly #onChange: () => void;
  readonly #candidates: Candidate[] = [];
  #wanted: readonly OptionalForward[] = [];
  /** Of the gateway that the server knows the port of: as it told last. */
  #gatewayPort: number | undefined;
  /** For as long as the session stands and nobody prohibits what is asked of it. */
  #life = new AbortController();
  #session: SshSession | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(make: (spec: LocalForwardSpec) => Forward, onChange: () => void) {
    this.#make = make;
    this.#onChange = onChange;
  }

  /** Each with what it has come to. */
  get all(): readonly Pick<Candidate, "forward" | "isFound">[] {
    return this.#candidates;
  }

  adopt(wanted: readonly OptionalForward[]): void {
    if (isDeepStrictEqual(wanted, this.#wanted)) return;
    this.#wanted = wanted;
    this.#gatewayPort = undefined;
    this.#follow();
    this.look();
  }

  attach(session: SshSession): void {
    if (session === this.#session) return;
    this.detach();
    this.#session = session;
  }

  detach(): void {
    clearTimeout(this.#timer);
    this.#life.abort();
    this.#life = new AbortController();
    this.#session = undefined;
  }

  close(): void {
    this.detach();
    for (const { forward } of this.#candidates) forward.close();
  }

  /** What the tunnel is for answers: what belongs to it may have come with it. */
  look(): void {
    clearTimeout(this.#timer);
    const { signal } = this.#life;
    const session = this.#session;
    if (session === undefined) return;
    this.#follow();
    void Promise.all(this.#candidates.map((candidate) => this.#try(candidate, session, signal))).then((outcomes) => {
      if (signal.aborted || outcomes.every((outcome) => outcome === "settled")) return;
      this.#timer = setTimeout(() => this.look(), lookEveryMs);
    });
  }

  /** Somebody else of this daemon wants this port, and has the better claim to it. */
  leave(port: number): void {
    for (const { forward } of this.#candidates) if (!isSocketPath(forward.bind) && forward.bind.port === port) forward.close();
  }

  async #try(candidate: Candidate, session: SshSession, signal: AbortSignal): Promise<"settled" | "again"> {
    const { forward, spec } = candidate;
    if (candidate.prohibitedIn === session) return "settled";
    const seen = candidate.isFound ? undefined : await seeBehind(spec, session, signal);
    if (seen?.state === "failing") {
      if (seen.failure.code !== "forwarding-prohibited") return "again";
      candidate.prohibitedIn = session;
      return "settled";
    }
    candidate.isFound = true;
    if (signal.aborted) return "settled";
    const wasOpen = forward.isOpen;
    const isOpen = await forward.openIfFree();
    if (isOpen !== wasOpen) this.#onChange();
    return isOpen ? "settled" : "again";
  }

  /** Closes what is not wanted any more, and makes what is. */
  #follow(): void {
    const specs = this.#wanted.flatMap((one) => ("beside" in one ? (this.#beside(one) ?? []) : one));
    for (const candidate of [...this.#candidates]) {
      if (specs.some((spec) => isDeepStrictEqual(spec, candidate.spec))) continue;
      candidate.forward.close();
      this.#candidates.splice(this.#candidates.indexOf(candidate), 1);
    }
    for (const spec of specs) {
      if (this.#candidates.some((candidate) => isDeepStrictEqual(spec, candidate.spec))) continue;
      this.#candidates.push({ spec, forward: this.#make(spec), isFound: false, prohibitedIn: undefined });
    }
  }

  #beside({ beside }: BesideGateway): LocalForwardSpec | undefined {
    const endpoint = this.#session?.resolved?.(beside)?.endpoint;
    if (endpoint !== undefined && !isSocketPath(endpoint)) this.#gatewayPort = endpoint.port;
    return this.#gatewayPort === undefined ? undefined : besideGateway(this.#gatewayPort);
  }
}

/** Whether the server connects to something there; whatever that is. Never throws. */
function seeBehind(spec: LocalForwardSpec, session: SshSession, signal: AbortSignal): Promise<HealthResult> {
  return checkThrough({ ...spec, health: { ...spec.health, check: { kind: "tcp" } } }, session, signal);
}
