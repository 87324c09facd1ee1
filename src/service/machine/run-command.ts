import { execFile } from "node:child_process";
import type { CommandResult, SystemCommand } from "../service.js";

/** Longer than any service manager takes for an answer; its own jobs are waited for by asking again. */
const commandMaxMs = 30_000;
const outputMaxBytes = 4 * 1024 * 1024;

/** Runs a command of the system without a shell. Never rejects. */
export type RunCommand = (command: SystemCommand) => Promise<CommandResult>;

export const runCommand: RunCommand = ({ argv, env, input }) =>
  new Promise((resolve) => {
    const [file = "", ...words] = argv;
    const options = { env: { ...process.env, LC_ALL: "C", ...env }, timeout: commandMaxMs, maxBuffer: outputMaxBytes, windowsHide: true };
    const child = execFile(file, words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      const why = error?.killed ? `it did not end within ${commandMaxMs} ms` : (error?.message ?? "");
      resolve({ argv, code, stdout, stderr, problem: code === null ? why : null });
    });
    // A command that does not read its input has its own reasons.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input ?? "");
  });
