import { isLoopback, splitHostPort } from "../../base/address.js";
import type { ForwardEntry } from "../../config/schema.js";
import { describeForwardEntry, type PlannedTunnel } from "../../interchange/plan.js";
import type { LeftOut } from "../../interchange/reading.js";
import { printableStyled, type Style } from "../output.js";

/** What was understood and what was not, for people. */
export function renderPlan(planned: readonly PlannedTunnel[], leftOut: readonly LeftOut[], style: Style): string {
  const lines = planned.flatMap((tunnel) => renderTunnel(tunnel, style));
  return printableStyled([...lines, ...renderLeftOut(leftOut, "", style)].join("\n"));
}

function renderTunnel({ name, source, entry, state, problem, leftOut }: PlannedTunnel, style: Style): string[] {
  const { target, forwards = [], ...settings } = entry;
  const heading = { new: style.good("new"), there: "already there", refused: style.bad("not possible") }[state];
  return [
    `${style.strong(name)}  ${heading}  ${target}  ${style.soft(`(${source})`)}`,
    ...(problem === null ? [] : [`  ${style.bad(problem)}`]),
    ...forwards.map((forward) => `  ${describeForwardEntry(forward)}${reachOf(forward)}`),
    ...Object.entries(settings).map(([key, value]) => `  ${key}: ${Array.isArray(value) ? value.join(", ") : JSON.stringify(value)}`),
    ...renderLeftOut(leftOut, "  ", style),
  ];
}

/** A bind that others can reach is said in words. */
function reachOf({ remote, allowLan }: ForwardEntry): string {
  if (allowLan) return "  (other machines can reach it)";
  const host = remote === undefined || remote.includes("/") ? undefined : splitHostPort(remote)?.host;
  return host === undefined || isLoopback(host) || /^\d+$/.test(remote ?? "")
    ? ""
    : "  (the server's network can reach it, where its GatewayPorts lets it)";
}

function renderLeftOut(leftOut: readonly LeftOut[], indent: string, style: Style): string[] {
  const line = ({ what, why }: LeftOut, word: string) => `${indent}${word} ${what}: ${why}`;
  return [
    ...leftOut.filter(({ isNeedless }) => !isNeedless).map((left) => style.bad(line(left, "left out:"))),
    ...leftOut.filter(({ isNeedless }) => isNeedless).map((left) => style.soft(line(left, "not needed:"))),
  ];
}
