#!/usr/bin/env node
import { systemOutput } from "./output.js";
import { runCommandLine } from "./run.js";

const interrupted = new AbortController();
const isDaemon = process.argv[2] === "daemon";
// The daemon ends on signals in its own way; a command that goes on until it is stopped ends on ctrl-C.
if (!isDaemon) process.once("SIGINT", () => interrupted.abort());
// A reader that has seen enough (`clawtunnel logs | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runCommandLine(process.argv.slice(2), systemOutput(), interrupted.signal);
