import { describe, expect, it } from "vitest";
import { chooseService, possibleWishes, usualWishes } from "../../../src/service/choose-service.js";
import { linuxFacts } from "../../support/service-facts.js";

describe("the manager", () => {
  it.each([
    ["there is no systemd", { systemd: null }, /clawtunnel install --cron/],
    ["there is neither systemd nor cron", { systemd: null, crontab: null }, /clawtunnel daemon/],
    ["cron is wished for and there is none", { crontab: null, wishes: { usesCron: true } }, /clawtunnel daemon/],
    ["the platform has none that is known", { platform: "freebsd" }, /clawtunnel daemon/],
  ] as const)("is missing where %s, with a word on what to do instead", (_, changes, hint) => {
    const choose = () => chooseService(linuxFacts(changes));
    expect(choose).toThrow(expect.objectContaining({ code: "service-unavailable", hint: expect.stringMatching(hint) }));
  });
});

describe("the ways in which a service may have been installed", () => {
  it.each([
    ["linux", "user", ["hardened", "soft", "cron"]],
    ["linux", "system", ["hardened", "soft"]],
    ["darwin", "user", ["hardened", "headless"]],
    ["win32", "user", ["hardened"]],
    ["win32", "system", []],
  ] as const)("on %s for the %s are %j", (platform, scope, ways) => {
    const words = possibleWishes(linuxFacts({ platform }), scope).map(({ usesCron, isHeadless, isHardened }) =>
      usesCron ? "cron" : isHeadless ? "headless" : isHardened ? "hardened" : "soft",
    );
    expect(words).toEqual(ways);
  });

  it("leave out a manager that is not there", () => {
    expect(possibleWishes(linuxFacts({ systemd: null }), "user")).toEqual([{ ...usualWishes, usesCron: true }]);
    expect(possibleWishes(linuxFacts({ systemd: null, crontab: null }), "user")).toEqual([]);
  });
});
