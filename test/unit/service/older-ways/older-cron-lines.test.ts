import { describe, expect, it } from "vitest";
import { findOlderWays } from "../../../../src/service/older-ways/find-older-ways.js";
import { findSshLines } from "../../../../src/service/older-ways/older-cron-lines.js";
import { fakeOlderWays } from "../../../support/fake-older-ways.js";

const who = { home: "/home/me", user: "me" };
const found = (text: string) =>
  findSshLines(text, who).map(({ line, tunnels }) => [line, tunnels.map(({ entry }) => entry.target).join(" ")]);

describe("lines of a crontab that run ssh", () => {
  it.each([
    ["at each boot", "@reboot /usr/bin/autossh -M 0 -f -N -L 8080:localhost:80 me@box"],
    ["after a while", "@reboot sleep 30 && ssh -fN -L 8080:localhost:80 me@box >/dev/null 2>&1"],
    ["when it does not run", "* * * * * pgrep -f 'ssh -fN -L 8080' >/dev/null || ssh -fN -L 8080:localhost:80 me@box"],
    ["when it does not run, with if", '*/5 * * * * if ! pgrep -f "ssh.*8080" > /dev/null; then ssh -f -N -L 8080:localhost:80 me@box; fi'],
    ["once at a time", "* * * * * /usr/bin/flock -n /tmp/t.lock ssh -N -L 8080:localhost:80 me@box"],
    ["in a shell", "@reboot /bin/bash -c 'sleep 5; exec ssh -N -L 8080:localhost:80 me@box'"],
    ["in a loop", "@reboot while true; do ssh -N -L 8080:localhost:80 me@box; sleep 5; done"],
    ["with an environment", "@reboot AUTOSSH_GATETIME=0 autossh -M0 -fN -L 8080:localhost:80 me@box &"],
    ["in a detached screen", "@reboot screen -dmS tunnel ssh -N -L 8080:localhost:80 me@box"],
    ["with names of days", "0 9 * jan-dec mon-fri ssh -fN -L 8080:localhost:80 me@box"],
    ["with a percent sign and input", "@reboot ssh -N -o 'ControlPath=/tmp/\\%h' -L 8080:localhost:80 me@box%input"],
  ])("%s", (_, line) => {
    const [read] = findSshLines(`SHELL=/bin/bash\n\n${line}\n`, who);
    expect(read).toMatchObject({
      line: 3,
      tunnels: [{ entry: { target: "me@box", forwards: [{ local: "127.0.0.1:8080", to: "localhost:80" }] } }],
    });
  });

  it("know the variables that are set above them", () => {
    expect(found('HOST="me@box"\n@reboot ssh -N -D 1080 $HOST\nHOST=other\n@reboot ssh -N -D 1081 "$HOST"\n')).toEqual([
      [2, "me@box"],
      [4, "other"],
    ]);
  });

  it.each([
    "# @reboot ssh -N -L 8080:localhost:80 me@box",
    "@reboot /home/me/bin/tunnel-with-ssh.sh",
    "* * * * * pgrep ssh",
    "0 3 * * * rsync -e ssh a host:b",
    "@reboot ssh -N -L 8080:localhost:80 $(cat host)",
    "PATH=/usr/bin:/opt/ssh",
    "@reboot ssh -N 'me@box",
    "ssh -N -L 8080:localhost:80 me@box",
    "",
  ])("nothing is read into %j", (line) => {
    expect(findSshLines(line, who)).toEqual([]);
  });
});

describe("of a crontab", () => {
  it("a line that holds a forward open is an older way, and one that runs a command on a server is none", async () => {
    const crontab = "@reboot autossh -M 0 -fN -L 8080:localhost:80 me@box\n0 3 * * * ssh box backup\n* * * * * ssh -fN quiet\n";
    const { ways } = await findOlderWays(fakeOlderWays({ platform: "freebsd", crontab }));
    expect(ways).toMatchObject([{ manager: "cron", name: "line 1", line: 1, path: null, isEnabled: true, isActive: null, loses: [] }]);
  });
});
