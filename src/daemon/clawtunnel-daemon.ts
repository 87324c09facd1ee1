import { pathsOfThisMachine } from "../config/paths.js";
import { tellLauncher } from "./launch.js";
import { runDaemon } from "./main.js";

// The program that `up` starts in the background: the daemon without the command line, which it would only carry along.
try {
  await runDaemon({ paths: pathsOfThisMachine(), echo: () => {}, onReady: () => tellLauncher() });
} catch (error) {
  tellLauncher(error);
  process.exitCode = 1;
}
