import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ClientFacts } from "./judge-machine.js";

/**
 * Whether OpenClaw.app runs and takes this machine for the gateway's: then it ends whatever else listens on the gateway's port
 * (openclaw 2026.9.6, PortGuardian). Never rejects.
 */
export async function lookAtApp({ mode }: ClientFacts, platform: NodeJS.Platform): Promise<boolean> {
  if (platform !== "darwin" || mode === "remote") return false;
  const listed = await promisify(execFile)("ps", ["-axo", "comm="]).catch(() => ({ stdout: "" }));
  return /\/OpenClaw\.app\//.test(listed.stdout);
}
