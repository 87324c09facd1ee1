import { Failure } from "../../base/failure.js";
import { lookAt } from "../look.js";
import type { Service } from "../service.js";
import type { FlowHands } from "./come-up.js";
import { performSteps } from "./perform.js";

export interface Uninstalled {
  /** False when there was none. */
  readonly wasThere: boolean;
  readonly removed: readonly string[];
}

/**
 * Ends the service, makes its manager forget it, and removes its files; the folders they were in stay, they may be others' too. What is
 * gone already is as good. Throws `service-manager-failed`, and the files are still there then.
 */
export async function uninstall(service: Service, hands: FlowHands, signal: AbortSignal): Promise<Uninstalled> {
  const removed = service.files.map(({ path }) => path).filter((path) => hands.files.read(path) !== undefined);
  const { state } = await lookAt(service, hands.run);
  try {
    await performSteps(service.withdraw, hands, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, error.message, {
      hint: "Its files are still there; `clawtunnel service status` shows how it stands.",
      cause: error,
    });
  }
  for (const path of removed) hands.files.remove(path);
  await performSteps(service.forget, hands, signal);
  return { wasThere: removed.length > 0 || !["absent", "unreachable"].includes(state), removed };
}
