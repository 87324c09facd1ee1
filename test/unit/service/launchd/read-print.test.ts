import { describe, expect, it } from "vitest";
import { isDisabled, readPrint } from "../../../../src/service/launchd/read-print.js";

/** The shape of macOS 15, shortened. */
const running = `gui/501/dev.clawtunnel.daemon = {
	active count = 1
	path = /Users/ada/Library/LaunchAgents/dev.clawtunnel.daemon.plist
	type = LaunchAgent
	state = running

	environment = {
		pid = 7
		state = invented
	}
	minimum runtime = 5
	runs = 2
	pid = 913
	immediate reason = semaphore
	last exit code = (never exited)

	resource coalition = {
		ID = 1114
		state = active
	}
	job state = running
}
`;

describe("what launchctl prints of a job", () => {
  it("is read from the job's own fields, not from those of what belongs to it", () => {
    expect(readPrint(running)).toEqual({ state: "running", pid: 913, lastExit: "(never exited)" });
    const withoutPid = running.replace("\tpid = 913\n", "");
    expect(readPrint(withoutPid).pid).toBeNull();
  });

  it("names the signal that ended the job, which stands in the place of an exit code", () => {
    const text = "x = {\n\tstate = spawn scheduled\n\tlast terminating signal = Killed: 9\n}";
    expect(readPrint(text)).toEqual({ state: "spawn scheduled", pid: null, lastExit: "Killed: 9" });
  });

  it("is nothing known when the words are others", () => {
    expect(readPrint("{ status: up }")).toEqual({ state: null, pid: null, lastExit: null });
  });
});

describe("the list of what is disabled", () => {
  const list = (word: string) => `disabled services = {\n\t\t"dev.clawtunnel.daemon" => ${word}\n\t\t"dev.clawtunnel" => disabled\n\t}\n`;

  it("is understood in the words of old and of new releases", () => {
    expect(["disabled", "true", "enabled", "false"].map((word) => isDisabled(list(word), "dev.clawtunnel.daemon"))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("says nothing of a label that only begins alike", () => {
    expect(isDisabled(list("disabled"), "dev.clawtunnel.daemon.1a2b3c4d")).toBe(false);
    expect(isDisabled("", "dev.clawtunnel.daemon")).toBe(false);
  });
});
