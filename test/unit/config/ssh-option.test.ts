import { expect, it } from "vitest";
import { sshOptionProblem } from "../../../src/config/ssh-option.js";

it.each(["User=me", 'User="CORP\\me"', "ProxyCommand=nc %h %p; true"])("%s is an option", (text) => {
  expect(sshOptionProblem(text)).toBeUndefined();
});

it.each(["User=$(touch x)", 'User="`x`"', "user -oProxyCommand=x", "User=me\nProxyCommand x"])("%j is none", (text) => {
  expect(sshOptionProblem(text)).toEqual(expect.any(String));
});
