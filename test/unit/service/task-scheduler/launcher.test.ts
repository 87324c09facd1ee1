import { describe, expect, it } from "vitest";
import { taskFiles } from "../../../../src/service/task-scheduler/task-files.js";
import { hostScript, type ScriptWait } from "../../../support/script-host.js";
import { windowsFacts } from "../../../support/service-facts.js";

/** The launcher as it is installed, run up to the daemon's first start. */
function launch(facts = windowsFacts()) {
  const clock = { nowMs: 0 };
  const { launcher } = taskFiles(facts, "\\clawtunnel");
  const script = hostScript(launcher.contents, { env: { Path: "C:\\old", APPDATA: "C:\\appdata" }, nowMs: () => clock.nowMs });
  /** The daemon ends after `ranMs`; tells the pause that follows, and lets it pass. */
  const pauseAfter = (exitCode: number, ranMs = 100): number => {
    expect(script.waitsFor.for).toBe("program");
    clock.nowMs += ranMs;
    script.programEnded(exitCode);
    return passPause();
  };
  const passPause = (): number => {
    const pause = script.waitsFor;
    if (pause.for !== "time") throw new Error(`the launcher waits for ${pause.for}`);
    clock.nowMs += pause.ms;
    script.timePassed();
    return pause.ms;
  };
  return { script, pauseAfter, passPause };
}

function programOf(wait: ScriptWait) {
  if (wait.for !== "program") throw new Error(`the launcher waits for ${wait.for}`);
  return wait;
}

describe("the launcher", () => {
  it("runs the daemon hidden, with the variables of the service beside the user's own", () => {
    const facts = windowsFacts({ env: { CLAWTUNNEL_HOME: 'D:\\my "tunnels" \\' } });
    const { argv, env, isHidden } = programOf(launch(facts).script.waitsFor);
    expect(argv).toEqual([facts.program.node, "--enable-source-maps", facts.program.script, "service"]);
    expect(isHidden).toBe(true);
    expect(env).toEqual({
      CLAWTUNNEL_SERVICE: "task-scheduler",
      PATH: facts.searchPath,
      CLAWTUNNEL_HOME: 'D:\\my "tunnels" \\',
      APPDATA: "C:\\appdata",
    });
  });

  it.each([
    ["spaces", "C:\\Program Files (x86)\\clawtunnel"],
    ["signs that mean something to a shell", "C:\\a & b ^ ! | < > ' ; `"],
    ["variables", "C:\\100%\\%PATH%\\%PATH%%APPDATA%\\$(x)"],
    ["other scripts' letters", "C:\\Zoë\\日本\\🦀"],
    ["an end that looks like an escape", "C:\\n\\u0041\\"],
    ["what ends a comment or a script", "C:\\*/ // </script> ]]> --"],
  ])("finds a daemon in a folder with %s", (_, folder) => {
    const program = { node: `${folder}\\node.exe`, script: `${folder}\\`, nodeOptions: ['--title="a b"'] };
    const facts = windowsFacts({ program });
    expect(programOf(launch(facts).script.waitsFor).argv).toEqual([program.node, '--title="a b"', program.script, "service"]);
  });

  it("starts a daemon that crashed again, with pauses that grow to a minute", () => {
    const { pauseAfter, script } = launch();
    expect([1, 1, 134, -1073741819, 75, 1, 1, 1].map((exitCode) => pauseAfter(exitCode))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(script.events[0]).toBe("clawtunnel's daemon ended: 1. It is started again in 1 s.");
    expect(script.events).toHaveLength(8);
  });

  it("begins with the shortest pause again when the daemon has run for ten minutes", () => {
    const { pauseAfter } = launch();
    expect([pauseAfter(1), pauseAfter(1), pauseAfter(1, 599_999), pauseAfter(1, 600_000), pauseAfter(1)]).toEqual([
      1000, 2000, 4000, 1000, 2000,
    ]);
  });

  it("goes on when the program is not there, as in the middle of an upgrade", () => {
    const { script, passPause } = launch();
    script.programMissing();
    expect(passPause()).toBe(1000);
    expect(programOf(script.waitsFor).argv[0]).toBe(windowsFacts().program.node);
    expect(script.events[0]).toContain("The system cannot find the file specified.");
  });

  it.each([0, 78])("ends with %i when the daemon did, and starts nothing", (exitCode) => {
    const { script, pauseAfter } = launch();
    pauseAfter(1);
    script.programEnded(exitCode);
    expect(script.waitsFor).toEqual({ for: "nothing", exitCode });
  });

  it("has nothing in it that JScript is too old for", () => {
    const code = taskFiles(windowsFacts(), "\\clawtunnel").launcher.contents.replace(/"(?:[^"\\]|\\.)*"|\/\/.*/g, "0");
    expect(code).not.toMatch(/\b(?:let|const|class|of|async|await|JSON|forEach|map)\b|=>|`|\.\.\.|,\s*[\]})]/);
  });
});
