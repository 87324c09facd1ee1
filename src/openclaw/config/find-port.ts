import { defaultOpenclawPort } from "../../config/openclaw-port.js";

export type PortFrom = "environment" | "file" | "profile" | "default";

/** The port as openclaw 2026.9.6 finds it, but for a `--port` of its command line: the variable, the file, the profile's. Pure. */
export function gatewayPort(
  variable: string | undefined,
  fromFile: unknown,
  profile: string | null,
): { readonly port: number; readonly portFrom: PortFrom } {
  // Docker's `host:port` is understood there as well.
  const named = Number(/^(?:(?:\[[^\]]+\]|[^:]+):)?(\d{1,5})$/.exec(variable?.trim() ?? "")?.[1]);
  if (named > 0 && named < 65_536) return { port: named, portFrom: "environment" };
  // `--profile dev` sets the variable where it is not set: that goes before the file.
  const isSet = profile !== "dev" && typeof fromFile === "number" && fromFile > 0;
  if (isSet) return { port: fromFile, portFrom: "file" };
  return { port: defaultOpenclawPort(profile), portFrom: profile === null ? "default" : "profile" };
}
