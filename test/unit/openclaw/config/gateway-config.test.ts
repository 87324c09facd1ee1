import { chmodSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readGatewayConfig } from "../../../../src/openclaw/config/gateway-config.js";
import type { RemoteHost } from "../../../../src/ssh/session.js";
import { Cleanups } from "../../../support/cleanups.js";
import { localHost } from "../../../support/local-host.js";

const { signal } = new AbortController();
const cleanups = new Cleanups();
let home = "";
beforeEach(() => {
  home = realpathSync(cleanups.folder());
});
afterEach(cleanups.run);

/** Files in the home folder; `~` in a text stands for it. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text.replaceAll("~", home), { mode: 0o600 });
  }
}

/** What is read of it, with `~` for the home folder. */
async function read(files: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}, profile: string | null = null) {
  write(files);
  const variables = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value?.replaceAll("~", home)]));
  const config = await readGatewayConfig(localHost({ PATH: process.env.PATH, HOME: home, ...variables }), profile, signal);
  return { ...config, file: config.file.replace(home, "~"), bindFile: config.bindFile.replace(home, "~") };
}

const gateway = (settings: string) => `{gateway: {${settings}}}`;
const usual = ".openclaw/openclaw.json";

describe("the file of the gateway", () => {
  it.each<[string, Readonly<Record<string, string>>, NodeJS.ProcessEnv, string | null, string]>([
    ["is ~/.openclaw/openclaw.json", { [usual]: "{}" }, {}, null, `~/${usual}`],
    [
      "is in the folder of a profile",
      { ".openclaw-work/openclaw.json": "{}", [usual]: "{}" },
      {},
      "work",
      "~/.openclaw-work/openclaw.json",
    ],
    ["is the usual one for the profile default", { [usual]: "{}" }, {}, "Default", `~/${usual}`],
    ["is where OPENCLAW_CONFIG_PATH says", { "c.json5": "{}", [usual]: "{}" }, { OPENCLAW_CONFIG_PATH: "~/c.json5" }, null, "~/c.json5"],
    [
      "is in OPENCLAW_STATE_DIR",
      { "state/openclaw.json": "{}", [usual]: "{}" },
      { OPENCLAW_STATE_DIR: "~/state" },
      null,
      "~/state/openclaw.json",
    ],
    [
      "is in OPENCLAW_STATE_DIR even when it is not there",
      { [usual]: "{}" },
      { OPENCLAW_STATE_DIR: "~/state" },
      null,
      "~/state/openclaw.json",
    ],
    [
      "may have its former name in OPENCLAW_STATE_DIR",
      { "state/clawdbot.json": "{}" },
      { OPENCLAW_STATE_DIR: "~/state" },
      null,
      "~/state/clawdbot.json",
    ],
    [
      "is in OPENCLAW_STATE_DIR for a profile too",
      { "state/openclaw.json": "{}" },
      { OPENCLAW_STATE_DIR: "~/state" },
      "work",
      "~/state/openclaw.json",
    ],
    [
      "is in OPENCLAW_HOME",
      { "other/.openclaw/openclaw.json": "{}", [usual]: "{}" },
      { OPENCLAW_HOME: "~/other" },
      null,
      "~/other/.openclaw/openclaw.json",
    ],
    ["may have its former name", { ".openclaw/clawdbot.json": "{}" }, {}, null, "~/.openclaw/clawdbot.json"],
    ["may be in its former folder", { ".clawdbot/clawdbot.json": "{}" }, {}, null, "~/.clawdbot/clawdbot.json"],
    ["is never in the former folder for a profile", { ".clawdbot/clawdbot.json": "{}" }, {}, "work", "~/.openclaw-work/openclaw.json"],
  ])("%s", async (_, files, environment, profile, file) => {
    const config = await read(files, environment, profile);
    expect(config.file).toBe(file);
    expect(config.bindFile).toBe(file);
    expect(config.exists).toBe(file.slice(2) in files);
  });

  it("may be written with `~`, which is the gateway's home", async () => {
    write({ "c.json": "{}" });
    const host = localHost({ PATH: process.env.PATH, HOME: home, OPENCLAW_CONFIG_PATH: "~/c.json" });
    expect((await readGatewayConfig(host, null, signal)).file).toBe(join(home, "c.json"));
  });

  it("is named by what the systemd unit of the profile says, before what a log-in has", async () => {
    const files = {
      ".config/systemd/user/openclaw-gateway-work.service": `[Service]\nEnvironment="OPENCLAW_STATE_DIR=%h/unit state" A=b\nEnvironment=OPENCLAW_GATEWAY_PORT=1\nEnvironmentFile=-%h/unit.env\n`,
      ".config/systemd/user/openclaw-gateway-work.service.d/port.conf": "[Service]\nEnvironment=OPENCLAW_GATEWAY_PORT=2\n",
      "unit.env": "SECRET=s\nOPENCLAW_GATEWAY_PORT='3'\n",
      "unit state/openclaw.json": gateway("port: 4"),
      "state/openclaw.json": gateway("port: 5"),
    };
    const config = await read(files, { OPENCLAW_STATE_DIR: "~/state" }, "work");
    expect(config).toMatchObject({ file: "~/unit state/openclaw.json", port: 3, portFrom: "environment" });
  });

  it("is read through links, and has the mode and the owner of what they lead to", async () => {
    write({ "real.json": gateway('bind: "lan"'), [usual]: "" });
    chmodSync(join(home, "real.json"), 0o644);
    rmSync(join(home, usual));
    symlinkSync(join(home, "real.json"), join(home, usual));
    const config = await read({});
    expect(config).toMatchObject({ file: "~/real.json", bindFile: "~/real.json", bind: "lan" });
    expect(config.files).toEqual([{ path: join(home, "real.json"), mode: 0o644, owner: expect.stringMatching(/./) }]);
  });

  it("is no failure when it is missing", async () => {
    expect(await read({})).toEqual({
      file: `~/${usual}`,
      exists: false,
      files: [],
      port: 18_789,
      portFrom: "default",
      bind: null,
      bindFile: `~/${usual}`,
      customBindHost: null,
      authMode: null,
      hasSecret: false,
      reloadMode: null,
      tailscaleMode: null,
    });
  });

  it("cannot be a folder", async () => {
    await expect(read({ [`${usual}/x`]: "" })).rejects.toMatchObject({ code: "gateway-config-unreadable" });
  });
});

describe("the port of the gateway", () => {
  it.each<[string, string, NodeJS.ProcessEnv, string | null, number, string]>([
    ["is in the file", "port: 20001", {}, null, 20_001, "file"],
    ["is in the environment, before the file", "port: 20001", { OPENCLAW_GATEWAY_PORT: "20002" }, null, 20_002, "environment"],
    ["may stand behind a host there", "port: 20001", { OPENCLAW_GATEWAY_PORT: "127.0.0.1:20002" }, null, 20_002, "environment"],
    ["is not what cannot be a port there", "port: 20001", { OPENCLAW_GATEWAY_PORT: "70000" }, null, 20_001, "file"],
    ["is not a text in the file", "port: '20001'", {}, null, 18_789, "default"],
    ["is the profile's own", "", {}, "work", 41_984, "profile"],
    ["is 19001 with --dev, before the file", "port: 20001", {}, "dev", 19_001, "profile"],
  ])("%s", async (_, settings, environment, profile, port, portFrom) => {
    const path = profile === null ? usual : `.openclaw-${profile}/openclaw.json`;
    expect(await read({ [path]: gateway(settings) }, environment, profile)).toMatchObject({ port, portFrom });
  });

  it.each([[".openclaw/.env"], [".config/openclaw/gateway.env"]])("may be in ~/%s", async (path) => {
    const files = { [path]: '# mine\nexport OPENCLAW_GATEWAY_PORT="20003" # mine\n', [usual]: gateway("port: 20001") };
    expect(await read(files)).toMatchObject({ port: 20_003, portFrom: "environment" });
  });
});

describe("what the gateway's configuration says", () => {
  it("is read without its secrets", async () => {
    const text = `// mine
      { gateway: { mode: 'local', bind: 'custom', customBindHost: '10.0.0.5', reload: {mode: 'off'}, tailscale: {mode: 'serve'},
        auth: { mode: 'token', token: 's3cret' }, }, mcp: { apps: { enabled: true } } }`;
    const config = await read({ [usual]: text });
    expect(config).toMatchObject({
      bind: "custom",
      customBindHost: "10.0.0.5",
      authMode: "token",
      hasSecret: true,
      reloadMode: "off",
      tailscaleMode: "serve",
    });
    expect(JSON.stringify(config)).not.toContain("s3cret");
  });

  it.each([
    ["a password", "auth: {password: 'x'}", true],
    ["a reference", "auth: {token: {source: 'env', id: 'X'}}", true],
    ["an empty token", "auth: {token: ''}", false],
  ])("has a secret or not in %s", async (_, settings, hasSecret) => {
    expect(await read({ [usual]: gateway(settings) })).toMatchObject({ hasSecret });
  });

  it("comes together from the files that it includes, each relative to the one that names it", async () => {
    const config = await read({
      [usual]: "{ gateway: { $include: './parts/gateway.json5', port: 20001 } }",
      ".openclaw/parts/gateway.json5": "{ $include: ['one.json', 'two.json'], port: 1, reload: { mode: 'hot' } }",
      ".openclaw/parts/one.json": "{ bind: 'lan', auth: { mode: 'token', token: 'x' } }",
      ".openclaw/parts/two.json": "{ bind: 'tailnet', auth: { mode: 'password' } }",
    });
    expect(config).toMatchObject({
      port: 20_001,
      bind: "tailnet",
      bindFile: "~/.openclaw/parts/two.json",
      authMode: "password",
      hasSecret: true,
    });
    expect(config.files.map(({ path }) => path.slice(home.length))).toEqual(
      [usual, ".openclaw/parts/gateway.json5", ".openclaw/parts/one.json", ".openclaw/parts/two.json"].map((path) => `/${path}`),
    );
  });

  it("would have its bind in the file itself when it is written nowhere", async () => {
    const config = await read({ [usual]: "{ $include: './base.json' }", ".openclaw/base.json": gateway("port: 1") });
    expect(config).toMatchObject({ bind: null, bindFile: `~/${usual}`, port: 1 });
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["no JSON5", { [usual]: "{gateway: lan}" }],
    ["empty", { [usual]: "" }],
    ["no object", { [usual]: "[]" }],
    ["of a part that does not exist", { [usual]: "{$include: './x.json'}" }],
    ["of a part that is no path", { [usual]: "{$include: 5}" }],
    ["of a part that includes it", { [usual]: "{$include: './a.json'}", ".openclaw/a.json": "{a: {$include: './openclaw.json'}}" }],
    ["of a part that is no object, with something beside it", { [usual]: "{a: {$include: './a.json', b: 1}}", ".openclaw/a.json": "[1]" }],
  ])("is invalid when it is %s", async (_, files) => {
    await expect(read(files)).rejects.toMatchObject({ code: "gateway-config-invalid" });
  });

  it("is invalid when its files include each other so often that nobody could put them together", async () => {
    const name = (level: number) => `part-${level}.json`;
    const parts = Array.from({ length: 10 }, (_, level) => [
      `.openclaw/${name(level)}`,
      JSON.stringify({ $include: Array.from({ length: 10 }, () => name(level + 1)) }),
    ]);
    const files = { [usual]: `{$include: '${name(0)}'}`, ...Object.fromEntries(parts), [`.openclaw/${name(10)}`]: "{}" };
    await expect(read(files)).rejects.toMatchObject({ code: "gateway-config-invalid" });
  });

  it("is invalid when a server names another file in each file, without end", async () => {
    let asked = 0;
    const answer = (input: string) => {
      if (!input.includes("show()")) return "login HOME=/h";
      asked += 1;
      const contents = Buffer.from(`{$include: './${asked}.json'}`).toString("base64");
      const count = (/^for path in (.*); do show/m.exec(input)?.[1] ?? "").split(" ").length;
      return Array.from({ length: count }, () => `path\nread\n/h/c.json\n-rw------- 1 me me 1 c.json\nbase64\n${contents}`).join("\n");
    };
    const host: RemoteHost = {
      exec: async (_command, { input = "" }) => ({
        exitCode: 0,
        stdout: `clawtunnel 42 begin\n${answer(input)}\nclawtunnel 42 end\n`,
        stderr: "",
      }),
    };
    await expect(readGatewayConfig(host, null, signal)).rejects.toMatchObject({ code: "gateway-config-invalid" });
    expect(asked).toBeLessThan(200);
  });

  it("is not read where a key runs a command of its own", async () => {
    const host = { exec: async () => ({ exitCode: 0, stdout: "", stderr: "" }) };
    await expect(readGatewayConfig(host, null, signal)).rejects.toMatchObject({ code: "exec-refused" });
  });
});
