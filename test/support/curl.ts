import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { isRequired } from "./required.js";

/** A client that somebody else wrote. */
export const hasCurl = isRequired("curl") || spawnSync("curl", ["--version"]).error === undefined;

/** The exit code and what came. */
export async function curl(...words: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  const child = spawn("curl", ["--silent", "--noproxy", "", "--max-time", "20", ...words], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout };
}
