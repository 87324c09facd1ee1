import { readFileSync, writeFileSync } from "node:fs";
import { Failure } from "../../src/base/failure.js";
import type { HealthResult } from "../../src/health/result.js";
import { parseJson5 } from "../../src/openclaw/config/json5.js";

export interface FakeGatewayHabits {
  /** When it starts it writes its file anew, without the comments, as gateways do that migrate it. */
  readonly rewrites?: boolean;
  /** It does not come up with its bind on the loopback. */
  readonly diesOnLoopback?: boolean;
  /** A restart is of the same process and keeps the bind that it began with. */
  readonly keepsBind?: boolean;
}

/** A gateway that is looked at and never run: it obeys its file, and a change of that costs it the next look. */
export class FakeGateway {
  restarts = 0;
  readonly #file: string;
  readonly #habits: FakeGatewayHabits;
  #seen = "";
  #host = "";
  #isUp = false;

  constructor(file: string, habits: FakeGatewayHabits = {}) {
    this.#file = file;
    this.#habits = habits;
    this.start();
  }

  /** As a service manager does it. */
  start(): void {
    this.#seen = readFileSync(this.#file, "utf8");
    const root = parseJson5(this.#seen) as { gateway: { bind: string }; meta?: object };
    const { bind } = root.gateway;
    this.#isUp = !(this.#habits.diesOnLoopback === true && bind === "loopback");
    this.#host = bind === "loopback" ? "127.0.0.1" : "0.0.0.0";
    if (this.#habits.rewrites !== true || root.meta !== undefined) return;
    this.#seen = JSON.stringify({ ...root, meta: { lastTouchedVersion: "2026.9.6" } }, null, 2);
    writeFileSync(this.#file, this.#seen);
  }

  /** Where it listens; nothing while it is away. */
  get hosts(): readonly string[] {
    return this.#isUp ? [this.#host] : [];
  }

  health(): HealthResult {
    if (readFileSync(this.#file, "utf8") !== this.#seen) {
      this.restarts++;
      const before = this.#host;
      this.start();
      if (this.#habits.keepsBind === true) this.#host = before;
      return this.#failing();
    }
    return this.#isUp ? { state: "ok", detail: "OpenClaw gateway live" } : this.#failing();
  }

  #failing(): HealthResult {
    const failure = new Failure("gateway-down", "the gateway does not run");
    return { state: "failing", detail: failure.message, failure };
  }
}
