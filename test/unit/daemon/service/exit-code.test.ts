import { describe, expect, it } from "vitest";
import { managerNames } from "../../../../src/base/manager-name.js";
import { exitCodeInService } from "../../../../src/daemon/service/exit-code.js";

describe("the exit code of a service", () => {
  it.each(["config-not-json", "config-invalid", "config-unreadable", "socket-path-too-long", "usage"] as const)(
    "asks not to be started again for %s, which for launchd is 0",
    (code) => {
      expect(managerNames.map((manager) => exitCodeInService(code, manager))).toEqual([78, 0, 78, 78]);
      expect(exitCodeInService(code, undefined)).toBe(78);
    },
  );

  it.each(["daemon-running", "daemon-unresponsive"] as const)(
    "is 75 for %s, so that it is tried again where a manager can be slow about it",
    (code) => {
      expect(managerNames.map((manager) => exitCodeInService(code, manager))).toEqual([75, 0, 75, 75]);
    },
  );

  it.each(["folder-unusable", "internal", "history-unreadable"] as const)("is 1 for %s, which may heal", (code) => {
    for (const manager of managerNames) expect(exitCodeInService(code, manager)).toBe(1);
  });
});
