import { readFileSync, rmSync } from "node:fs";
import type { CreateTunnel } from "../../api/contract.js";
import { replaceFile } from "../../base/files.js";
import type { Logger } from "../../base/logger.js";
import { errorText } from "../../base/system-error.js";
import type { Holder } from "./lock-holder.js";

/** What a daemon knows that is in no file, and that the one that takes over from it needs. No secrets: those are asked for again. */
export interface Handover {
  /** The ssh-agent that a person's shell last named; a service's environment names none. */
  readonly agentSocket: string | undefined;
  /** Tunnels that are not saved. Each `tunnel` is as in config.json, and checked as such when it is opened. */
  readonly tunnels: readonly { readonly name: string; readonly tunnel: unknown }[];
}

/** `nonce` is that of the lock that the writing daemon holds. */
export function writeHandover(path: string, nonce: string, handover: Handover, log: Logger): void {
  try {
    replaceFile(path, `${JSON.stringify({ nonce, ...handover })}\n`);
  } catch (error) {
    log.error({ event: "handover.unwritten", err: error }, "tunnels that are not saved could not be handed over");
  }
}

/**
 * What the daemon with this nonce left; the file is gone afterwards, whoever wrote it. One that was not asked to leave it, or that
 * was asked in another life, left nothing that is still wanted.
 */
export function takeHandover(path: string, nonce: string | undefined): Handover | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as (Partial<Handover> & { nonce?: unknown }) | null;
    if (nonce === undefined || value?.nonce !== nonce || !Array.isArray(value.tunnels)) return undefined;
    const tunnels = value.tunnels.filter((tunnel) => typeof tunnel?.name === "string");
    return { agentSocket: typeof value.agentSocket === "string" ? value.agentSocket : undefined, tunnels };
  } catch {
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

/** The agent to ask first. A service's environment knows less of agents than the daemon that a person started; a person's shell knows best. */
export function firstAgent(service: Holder["service"], own: string | undefined, handover: Handover | undefined): string | undefined {
  return service === "none" ? (own ?? handover?.agentSocket) : (handover?.agentSocket ?? own);
}

/** Opens what was handed over. One that cannot be opened is told in the log, and does not keep the others from it. */
export async function openHandedOver(
  { tunnels }: Handover,
  supervisor: { create(tunnel: CreateTunnel): Promise<string> },
  log: Logger,
): Promise<void> {
  for (const { name, tunnel } of tunnels) {
    try {
      await supervisor.create({ name, tunnel, once: true });
    } catch (error) {
      log.error({ event: "handover.lost", tunnel: name }, `what the daemon before had open cannot be opened again: ${errorText(error)}`);
    }
  }
}
