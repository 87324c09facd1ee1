import { describe, expect, it } from "vitest";
import { destinationInLog, readChannelEvent } from "../../../../src/ssh/openssh/channel-events.js";
import { LineReader, readLogLine } from "../../../../src/ssh/openssh/log-lines.js";

const eventOf = (line: string) => readChannelEvent(readLogLine(line).text);

describe("a line of ssh's log", () => {
  it.each([
    ["debug1: channels.c:channel_new():503 (pid=71): channel 1: new x", true, "channel 1: new x", 71],
    [
      "debug2: channels.c:channel_input_open_confirmation():3518 (bin=ssh, pid=7): channel 1: open confirm",
      true,
      "channel 1: open confirm",
      7,
    ],
    ["debug1: channel 1: new [direct-tcpip]", true, "channel 1: new [direct-tcpip]", null],
    ["Connection to box closed by remote host.", false, "Connection to box closed by remote host.", null],
    ["debug me", false, "debug me", null],
  ])("%j: for us alone %s, %j, of process %s", (line, isDebug, text, pid) => {
    expect(readLogLine(line)).toEqual({ isDebug, text, pid });
  });

  it("is the same, however the text comes, and whatever ends it", () => {
    const reader = new LineReader();
    const lines = ["one\r\r\ntw", "o\n\nthr", "ee"].flatMap((text) => reader.feed(text));
    expect([...lines, reader.takeRest()]).toEqual(["one", "two", "", "three"]);
  });
});

describe("a channel in ssh's log", () => {
  it.each([
    // OpenSSH 9.2 with LogVerbose.
    [
      "debug1: channels.c:channel_post_port_listener():1902 (pid=9): Connection to port -2 forwarding to 127.0.0.1 port 22901 requested.",
      { kind: "taken", destination: "127.0.0.1 port 22901" },
    ],
    [
      "debug1: channels.c:channel_new():503 (pid=9): channel 1: new direct-tcpip [direct-tcpip] (inactive timeout: 0)",
      { kind: "made", channel: 1 },
    ],
    [
      "debug2: channels.c:channel_input_open_confirmation():3518 (pid=9): channel 1: open confirm rwindow 2097152 rmax 32768",
      { kind: "opened", channel: 1 },
    ],
    // OpenSSH 8.0 at DEBUG2.
    [
      "debug1: Connection to port -2 forwarding to db.internal port 5432 requested.",
      { kind: "taken", destination: "db.internal port 5432" },
    ],
    ["debug1: channel 12: new [direct-tcpip]", { kind: "made", channel: 12 }],
    ["debug2: channel 12: open confirm rwindow 2097152 rmax 32768", { kind: "opened", channel: 12 }],
    ["debug1: channel 2: new [direct-streamlocal@openssh.com]", { kind: "made", channel: 2 }],
    ["debug1: Connection to port -2 forwarding to /run/x.sock port -2 requested.", { kind: "taken", destination: "/run/x.sock port -2" }],
    ["channel 4: open failed: connect failed: Connection refused", { kind: "refused", channel: 4, reason: 2, text: "Connection refused" }],
    ["channel 4: open failed: administratively prohibited: open failed", { kind: "refused", channel: 4, reason: 1, text: "open failed" }],
    ["channel 4: open failed: resource shortage: ", { kind: "refused", channel: 4, reason: 4, text: "" }],
    ["channel 4: open failed: unknown channel type", { kind: "refused", channel: 4, reason: 3, text: "" }],
    ["channel 4: open failed: something new: why", { kind: "refused", channel: 4, reason: 0, text: "why" }],
  ])("%s", (line, event) => {
    expect(eventOf(line)).toEqual(event);
  });

  it.each([
    "debug1: channel 0: new mux-control [mux-control] (inactive timeout: 0)",
    "debug1: channel 3: new forwarded-tcpip [127.0.0.1] (inactive timeout: 0)",
    "Connection to 127.0.0.1 closed by remote host.",
    "debug2: channel 1: read failed rfd 7 maxlen 32768: Broken pipe",
    "",
  ])("is not what this says: %j", (line) => {
    expect(eventOf(line)).toBeUndefined();
  });

  it("is found again by what it leads to, of which the log shows 100 characters", () => {
    const host = `${"a".repeat(120)}.example`;
    expect(destinationInLog({ host, port: 1 })).toBe(`${"a".repeat(100)} port 1`);
    expect(destinationInLog({ path: "/s" })).toBe("/s port -2");
    expect(destinationInLog({ host: "::1", port: 22 })).toBe("::1 port 22");
  });
});
