import { Failure } from "../base/failure.js";
import type { Reader } from "./resolve-forward.js";
import type { TunnelEntry } from "./schema.js";
import { parseTarget, type Target } from "./target.js";

/** One target, or several of which the first is preferred. */
export function resolveTargets({ target, targets }: TunnelEntry, read: Reader): Target[] {
  if ((target === undefined) === (targets === undefined)) {
    const message =
      target === undefined ? 'it needs a "target", or several "targets"' : 'it has both "target" and "targets"; one of them is enough';
    read("target", () => {
      throw new Failure("target-invalid", message, { hint: 'The first of "targets" is the preferred one.' });
    });
    return [];
  }
  const written = targets?.map((each, index) => [`targets[${index}]`, each] as const) ?? [["target", target ?? ""] as const];
  return written.flatMap(([path, each]) => read(path, () => parseTarget(each)) ?? []);
}
