import { describe, expect, it } from "vitest";
import type { CliContext } from "../../../src/cli/define-command.js";
import { parseCommandLine } from "../../../src/cli/parse-command-line.js";
import { loadCommands, registry } from "../../../src/cli/registry.js";

const names = Object.keys(registry);

async function textOf(...words: string[]): Promise<string> {
  const invocation = await parseCommandLine(words);
  return "text" in invocation ? invocation.text : "(a command is to run)";
}

const flat = (text: string) => text.replaceAll(/\s+/g, " ");

describe("help", () => {
  it("lists every command with its summary", async () => {
    const help = flat(await textOf("--help"));
    for (const { name, summary } of await loadCommands(undefined)) {
      expect(help).toContain(`clawtunnel ${name}`);
      expect(help).toContain(summary);
    }
  });

  it("tells scripts what the exit codes mean", async () => {
    expect(flat(await textOf("--help"))).toContain("4 not verified and healing, 5 needs a person.");
  });

  it.each(names)("of %s shows what it does, its examples and its options", async (name) => {
    const [command] = await loadCommands(name);
    const help = flat(await textOf(name, "--help"));
    expect(command?.examples.length).toBeGreaterThan(0);
    expect(help).toContain(command?.summary);
    for (const example of command?.examples ?? []) expect(help).toContain(example);
    for (const [option, { hidden }] of Object.entries(command?.options ?? {})) {
      const shown = option.length === 1 ? `-${option}` : `--${option}`;
      if (hidden) expect(help).not.toContain(shown);
      else expect(help).toContain(shown);
    }
  });
});

describe("a registered command", () => {
  it.each(names)("%s is called by the name it is registered under, and its examples call this program", async (name) => {
    const [command, ...others] = await loadCommands(name);
    expect(others).toEqual([]);
    expect(command?.name.split(" ")[0]).toBe(name);
    for (const example of command?.examples ?? []) expect(example).toContain(`clawtunnel ${name}`);
  });

  it("is loaded alone when it is named, since each costs time", async () => {
    expect(await loadCommands("status")).toHaveLength(1);
    expect(await loadCommands("stauts")).toHaveLength(names.length);
  });

  it.each([
    [["status"]],
    [["status", "db", "--json"]],
    [["up", "me@host", "-L", "8080:web:80", "-L", "8081:web:81", "-p", "2222", "-i", "/k", "-o", "User=me", "--once"]],
    [["logs", "db", "-f", "-n", "5"]],
    [["logs", "--follow", "--lines", "5"]],
    [["completion", "fish"]],
  ])("is found in %j", async (words) => {
    expect(await parseCommandLine(words)).toHaveProperty("run");
  });

  it("gets the words as its arguments, and gives back its own exit code", async () => {
    const invocation = await parseCommandLine(["config", "path"]);
    if (!("run" in invocation)) throw new Error("config path is no command");
    const answers: string[] = [];
    const context = { paths: { configFile: "/c/config.json" }, output: { answer: (text: string) => answers.push(text) } };
    expect(await invocation.run(context as unknown as CliContext)).toBe(0);
    expect(answers).toEqual(["/c/config.json"]);
  });
});

describe("misuse of the command line", () => {
  it.each([
    [["stauts"], 'there is no command "stauts"', "Did you mean `clawtunnel status`?"],
    [["dwon", "db"], 'there is no command "dwon"', "Did you mean `clawtunnel down`?"],
    [["toString"], 'there is no command "toString"', "See `clawtunnel --help`."],
    [["--verison"], "say what to do", "See `clawtunnel --help`."],
    [["logs", "--folow"], "unknown argument: folow", "Did you mean --follow?"],
    [["up", "vps", "-p", "22", "-p", "23"], "-p is given more than once", "See `clawtunnel --help`."],
    [["up", "vps", "-p", "ssh"], "-p must be a number", "See `clawtunnel --help`."],
    [["daemon", "--", "x"], "too many arguments: x", "See `clawtunnel --help`."],
    [["frobnicate"], 'there is no command "frobnicate"', "See `clawtunnel --help`."],
    [["status", "--jsn"], "unknown argument: jsn", "Did you mean --json?"],
    [["down", "--al"], "unknown argument: al", "Did you mean --all?"],
    [["status", "--frobnicate"], "unknown argument: frobnicate", "See `clawtunnel status --help`."],
    [["logs", "-x"], "unknown argument: x", "See `clawtunnel logs --help`."],
    [["up", "-L"], "not enough arguments following: L", "See `clawtunnel up --help`."],
    [["show"], "not enough non-option arguments", "See `clawtunnel show --help`."],
    [["completion", "tcsh"], 'given: "tcsh", choices: "bash", "zsh", "fish", "powershell"', "See `clawtunnel completion --help`."],
    [[], "say what to do", "See `clawtunnel --help`."],
  ])("%j is told with the next step", async (words, message, hint) => {
    const failure = await parseCommandLine(words).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "usage", hint });
    expect(String(failure).toLowerCase()).toContain(message.toLowerCase());
    expect(String(failure)).not.toContain("\n");
  });
});

describe("what answers itself", () => {
  it("is the version, alone", async () => {
    expect(await textOf("--version")).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("is every command, one a line, when a shell asks what may come next", async () => {
    expect((await textOf("--get-yargs-completions", "clawtunnel", "")).split("\n")).toEqual(expect.arrayContaining(names));
  });

  it("is a command's own options, when a shell asks for them", async () => {
    const candidates = (await textOf("--get-yargs-completions", "clawtunnel", "status", "--")).split("\n");
    expect(candidates).toEqual(expect.arrayContaining(["--json", "--watch"]));
    expect(candidates).not.toContain("--once");
  });
});

it("names, for a letter of ssh that `up` has no use for, every letter that it takes", async () => {
  const [up] = await loadCommands("up");
  const taken = Object.keys(up?.options ?? {}).filter((option) => option.length === 1);
  const refused = parseCommandLine(["up", "me@box", "-N"]);
  await expect(refused).rejects.toMatchObject({ code: "usage", message: "-N of ssh is not supported" });
  const hint = await refused.catch((failure: { hint: string }) => failure.hint);
  for (const letter of taken) expect(hint).toContain(` -${letter}`);
});
