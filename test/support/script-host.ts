import vm from "node:vm";
import { expandVariables, splitCommandLine } from "./windows-words.js";

/** What a script for wscript.exe waits for, or that it has ended. */
export type ScriptWait =
  | {
      readonly for: "program";
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly isHidden: boolean;
    }
  | { readonly for: "time"; readonly ms: number }
  | { readonly for: "nothing"; readonly exitCode: number };

/** A script for wscript.exe that runs here, in injected time. */
export interface HostedScript {
  readonly waitsFor: ScriptWait;
  /** What it wrote to the event log. */
  readonly events: readonly string[];
  /** The program it waits for has ended, or could not be started. */
  programEnded(exitCode: number): void;
  programMissing(): void;
  timePassed(): void;
}

interface Wait {
  readonly wait: ScriptWait;
}

class Quit {
  constructor(readonly exitCode: number) {}
}

/**
 * Runs a JScript as wscript does, with WScript.Shell as far as its documentation goes: Run expands %NAME%, and throws for a program that is
 * not there. A script that waits is a generator here. What JScript alone can parse, an assignment to a call, is put in other words.
 */
export function hostScript(
  text: string,
  { env = {}, nowMs }: { env?: Readonly<Record<string, string>>; nowMs: () => number },
): HostedScript {
  const variables = new Map(Object.entries(env).map(([name, value]) => [name.toUpperCase(), value]));
  const events: string[] = [];
  const shell = {
    Environment: () => ({ put: (name: string, value: string) => void variables.set(name.toUpperCase(), value) }),
    Run: (command: string, style: number, isWaiting: boolean): Wait => {
      if (!isWaiting) throw new Error("the script does not wait for its program");
      const argv = splitCommandLine(expandVariables(command, variables));
      return { wait: { for: "program", argv, env: Object.fromEntries(variables), isHidden: style === 0 } };
    },
    LogEvent: (_kind: number, message: string) => void events.push(message),
  };
  const host = {
    Sleep: (ms: number): Wait => ({ wait: { for: "time", ms } }),
    Quit: (exitCode: number) => {
      throw new Quit(exitCode);
    },
  };
  class FakeDate {
    getTime = nowMs;
  }
  const ActiveXObject = function (this: unknown, name: string) {
    if (name !== "WScript.Shell") throw new Error(`no such object: ${name}`);
    return shell;
  };
  const source = text
    .replace(/environment\((.+?)\) = (.+?);/g, "environment.put($1, $2);")
    .replace(/shell\.Run\(|WScript\.Sleep\(/g, "yield $&");
  const start: () => Generator<Wait, void, number> = vm.runInNewContext(`(function* () {\n${source}\n})`, {
    ActiveXObject,
    WScript: host,
    Date: FakeDate,
  });
  const script = start();
  let waitsFor: ScriptWait;
  const goOn = (next: () => IteratorResult<Wait, void>): ScriptWait => {
    try {
      const { done, value } = next();
      return done || value === undefined ? { for: "nothing", exitCode: 0 } : value.wait;
    } catch (thrown) {
      if (!(thrown instanceof Quit)) throw thrown;
      return { for: "nothing", exitCode: thrown.exitCode };
    }
  };
  waitsFor = goOn(() => script.next());
  return {
    get waitsFor() {
      return waitsFor;
    },
    events,
    programEnded: (exitCode) => {
      waitsFor = goOn(() => script.next(exitCode));
    },
    programMissing: () => {
      waitsFor = goOn(() => script.throw(new Error("The system cannot find the file specified.")));
    },
    timePassed: () => {
      waitsFor = goOn(() => script.next(0));
    },
  };
}
