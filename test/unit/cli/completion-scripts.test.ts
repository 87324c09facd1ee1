import { describe, expect, it } from "vitest";
import { completionScript, shells } from "../../../src/cli/completion-scripts.js";
import { registry } from "../../../src/cli/registry.js";

describe.each(shells)("the completion script for %s", (shell) => {
  const script = completionScript(shell);

  it("asks the program itself, so that it never grows old", () => {
    expect(script).toContain("clawtunnel --get-yargs-completions");
    for (const name of Object.keys(registry)) expect(script).not.toMatch(new RegExp(`\\b${name}\\b(?!=)`, "i"));
  });

  it("keeps the program's complaints off the line that is being typed", () => {
    expect(script).toMatch(/2>(\/dev\/null|\$null)/);
  });

  it("closes every bracket and quote that it opens", () => {
    for (const [open, close] of ["()", "[]", "{}"].map((pair) => [...pair])) {
      expect(script.split(open ?? "").length).toBe(script.split(close ?? "").length);
    }
    for (const quote of ['"', "'"]) expect(script.split(quote).length % 2).toBe(1);
  });

  it("has no line that JavaScript filled in by mistake", () => {
    expect(script).not.toMatch(/undefined|\[object/);
  });
});

it.each([
  ["bash", "complete -o default -F _clawtunnel clawtunnel"],
  ["zsh", "#compdef clawtunnel"],
  ["fish", "complete -c clawtunnel"],
  ["powershell", "Register-ArgumentCompleter -Native -CommandName clawtunnel"],
] as const)("registers itself with %s", (shell, line) => {
  expect(completionScript(shell)).toContain(line);
});
