import type { Clock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import type { Paths } from "../../config/paths.js";
import type { Schedule } from "../../config/schedule.js";
import { earliest, firstDecision, isRenewalDue, nextTimes, type ScheduleTimes, wantedNow } from "../../tunnel/schedule.js";
import type { ConnectReason, TunnelEvent, TunnelState } from "../../tunnel/state.js";
import { type Alarm, createAlarm } from "./alarm.js";
import { Decisions } from "./decisions.js";

/** What the timetable knows of a tunnel. */
export interface TimetableTunnel {
  readonly schedule: Schedule | undefined;
  /** What comes next, as it was found when the timetable was last followed. */
  scheduleTimes: ScheduleTimes | undefined;
  readonly runner: { readonly spec: { readonly name: string }; readonly state: TunnelState; handle(event: TunnelEvent): void };
}

export interface TimetableContext {
  readonly clock: Clock;
  readonly decisions: Decisions;
  readonly alarm: Alarm;
  readonly tunnels: () => Iterable<TimetableTunnel>;
  readonly renew: (name: string) => void;
}

/** The timetable of a daemon: what people decided is in its state file. */
export function openTimetable(
  { clock, log, paths }: { readonly clock: Clock; readonly log: Logger; readonly paths: Paths },
  tunnels: TimetableContext["tunnels"],
  renew: TimetableContext["renew"],
): Timetable {
  const decisions = new Decisions(paths.stateFile, (error) =>
    log.error({ event: "state.unwritten", err: error }, "which tunnels are down could not be written; a new daemon would open them"),
  );
  return new Timetable({ clock, decisions, alarm: createAlarm(), tunnels, renew });
}

/** Opens, closes and renews tunnels at their times. The alarm is only one of the reasons to look; what is found is the same for all. */
export class Timetable {
  readonly #context: TimetableContext;
  #isStopped = false;

  constructor(context: TimetableContext) {
    this.#context = context;
  }

  /** A person wants a tunnel up or down, from now on. */
  decide(name: string, wanted: "up" | "down"): void {
    const { clock, decisions } = this.#context;
    decisions.set(name, { wanted, atMs: clock.nowMs() });
  }

  /** What was decided about a tunnel that is no more. */
  forget(name: string): void {
    this.#context.decisions.forget(name);
  }

  /** Writes again what was decided and could not be written. Returns why it still cannot be. */
  settleDecisions(): string | null {
    return this.#context.decisions.settle();
  }

  /** Brings every tunnel to where it belongs now, and sets the alarm to when that changes. `reason` is why a tunnel connects. */
  follow(reason: ConnectReason): void {
    // What was being saved when the daemon was told to end must not open everything again.
    if (this.#isStopped) return;
    const { clock, alarm, tunnels } = this.#context;
    const nowMs = clock.nowMs();
    const all = [...tunnels()];
    for (const tunnel of all) this.#settle(tunnel, nowMs, reason);
    alarm.set(earliest(all.flatMap(({ scheduleTimes }) => scheduleTimes ?? [])), () => this.follow("schedule"));
  }

  stop(): void {
    this.#isStopped = true;
    this.#context.alarm.set(undefined, () => {});
  }

  #settle(tunnel: TimetableTunnel, nowMs: number, reason: ConnectReason): void {
    const { decisions, renew } = this.#context;
    const { runner, schedule } = tunnel;
    const { name } = runner.spec;
    const moment = { schedule, decision: decisions.get(name, nowMs), nowMs };
    const first = firstDecision(moment);
    if (first !== undefined) decisions.set(name, first);
    const { wanted, by } = wantedNow({ ...moment, decision: first ?? moment.decision });
    if (wanted === "down") runner.handle({ type: "stop", reason: by === "person" ? "asked" : "schedule" });
    // One that is held or waits is up as far as a schedule can tell: to open it again would only hammer its server.
    else if (runner.state.phase === "stopped") runner.handle({ type: "start", reason });
    else if (isRenewalDue(tunnel.scheduleTimes?.renewMs, nowMs)) renew(name);
    tunnel.scheduleTimes = schedule && nextTimes(schedule, nowMs);
  }
}
