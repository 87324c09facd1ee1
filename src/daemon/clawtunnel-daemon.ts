import { pathsOfThisMachine } from "../config/paths.js";
import { daemonWords } from "../service/program/daemon-command.js";
import { tellLauncher } from "./launch.js";
import { runDaemon } from "./main.js";

// The program that services run and that `up` starts in the background: the daemon without the command line, which it would only carry along.
const word = process.argv[2];
if (word === daemonWords.service) {
  const { runService } = await import("./service/run-service.js");
  process.exitCode = await runService();
} else {
  try {
    const takesOver = word === daemonWords.takeOver;
    await runDaemon({ paths: pathsOfThisMachine(), takesOver, echo: () => {}, onReady: () => tellLauncher() });
  } catch (error) {
    tellLauncher(error);
    process.exitCode = 1;
  }
}
