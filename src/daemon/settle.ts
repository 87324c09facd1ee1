import type { TunnelRunner } from "../tunnel/runner.js";

/** A server that takes longer than this does not keep `up` from saving the tunnel. */
const patienceMs = 300;

/** Resolves when the tunnel's first attempt came to something, or after a moment. */
export function firstOutcome(runner: TunnelRunner, subscribe: (listener: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(finish, patienceMs);
    const unsubscribe = subscribe(() => {
      if (runner.state.phase !== "connecting") finish();
    });
  });
}
