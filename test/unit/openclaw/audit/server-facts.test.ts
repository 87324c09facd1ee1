import { describe, expect, it } from "vitest";
import { readServerFacts } from "../../../../src/openclaw/audit/server-facts.js";

const published = (ports: string) =>
  readServerFacts(`d claw ${ports}`).published.map(({ host, port, containerPort }) => `${host} ${port} ${containerPort}`);

describe("what docker ps publishes", () => {
  it.each([
    ["0.0.0.0:18789->18789/tcp, :::18789->18789/tcp", ["0.0.0.0 18789 18789", ":: 18789 18789"]],
    ["0.0.0.0:80->18789/tcp, [::]:80->18789/tcp", ["0.0.0.0 80 18789", ":: 80 18789"]],
    ["127.0.0.1:18789->18789/tcp", ["127.0.0.1 18789 18789"]],
    ["0.0.0.0:18789-18790->18789-18790/tcp", ["0.0.0.0 18789 18789", "0.0.0.0 18790 18790"]],
    ["18789/tcp", []],
    ["0.0.0.0:53->53/udp", []],
    ["", []],
  ])("%j", (ports, wanted) => {
    expect(published(ports)).toEqual(wanted);
  });
});

describe("ufw", () => {
  it("is not known where it wanted root", () => {
    expect(readServerFacts("u ERROR: You need to be root to run this script").ufw).toBeNull();
  });

  it("is told with its rules", () => {
    const text = "u Status: active\nu \nu To                         Action      From\nu 18789/tcp                  DENY        Anywhere";
    expect(readServerFacts(text).ufw).toEqual(["Status: active", "To Action From", "18789/tcp DENY Anywhere"]);
  });
});

describe("sshd", () => {
  const value = (text: string) => {
    const { passwordAuthentication, permitRootLogin } = readServerFacts(text).sshd;
    return [passwordAuthentication?.value, permitRootLogin?.value];
  };
  const main = "F /etc/ssh/sshd_config";
  const include = `${main}:5: Include /etc/ssh/sshd_config.d/*.conf`;
  const cloud = "F /etc/ssh/sshd_config.d/50-cloud-init.conf:1: PasswordAuthentication yes";

  it.each([
    ["what it says of itself", "T permitrootlogin prohibit-password\nT passwordauthentication no", ["no", "prohibit-password"]],
    ["the first value, as an included file has it", `${include}\n${main}:57: PasswordAuthentication no\n${cloud}`, ["yes", undefined]],
    ["the first value, before the Include", `${main}:3: PasswordAuthentication no\n${include}\n${cloud}`, ["no", undefined]],
    ["nothing of a file that is not included", `${main}:57: PermitRootLogin no\n${cloud}`, [undefined, "no"]],
    ["nothing of a file whose name the pattern has not", `${include}\n${cloud.replace(".conf:", ".conf.bak:")}`, [undefined, undefined]],
    ["a value with an equals sign and in quotes", `${main}:3: passwordauthentication="Yes"`, ["yes", undefined]],
    ["nothing where nothing may be read", main, [undefined, undefined]],
  ])("is taken by %s", (_what, text, wanted) => {
    expect(value(text)).toEqual(wanted);
  });

  it("is shown with the line that it was read from", () => {
    expect(readServerFacts(`${include}\n${cloud}`).sshd.passwordAuthentication?.evidence).toBe(
      "/etc/ssh/sshd_config.d/50-cloud-init.conf:1: passwordauthentication yes",
    );
  });
});

describe("tailscale", () => {
  it("that serves nothing is another thing than none at all", () => {
    expect(readServerFacts("w\nw No serve config").serve).toEqual(["No serve config"]);
    expect(readServerFacts("").serve).toBeNull();
  });
});
