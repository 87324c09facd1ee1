import { setTimeout as delay } from "node:timers/promises";

const pollMs = 20;

/** Asks again and again until the answer is neither undefined nor false, and returns it. What is not there yet may throw. */
export async function until<T>(condition: () => T | Promise<T>, timeoutMs = 20_000): Promise<Exclude<T, undefined | false>> {
  const deadlineMs = performance.now() + timeoutMs;
  let seen: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      seen = answer;
    } catch (error) {
      seen = error;
    }
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${condition}`, { cause: seen });
    await delay(pollMs);
  }
}
