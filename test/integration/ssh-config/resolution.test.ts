import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { plainLogin } from "../../../src/config/plain-login.js";
import { parseTarget } from "../../../src/config/target.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import type { HostConfig } from "../../../src/ssh/host-config.js";
import { HostResolver } from "../../../src/ssh/resolve/host-resolver.js";
import { thisMachine } from "../../../src/ssh/resolve/machine.js";
import { neverAborted } from "../../support/login.js";
import { hasSsh } from "../../support/ssh-client.js";

const traps = fileURLToPath(new URL("./traps", import.meta.url));
const names = readdirSync(traps).filter((name) => name.endsWith(".conf"));
const folder = mkdtempSync(join(tmpdir(), "clawtunnel-ssh-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const variables = { TRAP_FOLDER: "/keys/of trap", TRAP_AGENT: "/run/trap agent" };
Object.assign(process.env, variables);
const machine = thisMachine();
const withSsh = new HostResolver(process.env, machine);
const withoutSsh = new HostResolver({ ...process.env, PATH: folder }, machine);

/** The fields that an engine goes by. Key files that only some versions look for are no matter where nobody has named any. */
function fieldsOf({ said, files, jumps, identities, ...fields }: HostConfig): object {
  const forwards = ["localforward", "remoteforward", "dynamicforward"].map((key) => said.get(key) ?? []);
  const named = fields.hasOwnIdentities ? identities : [];
  return { ...fields, identities: named, forwards, files: files.filter((file) => file.startsWith(folder)), jumps: jumps.map(fieldsOf) };
}

/** The algorithms that an ssh takes for granted are another matter with each version. */
function withoutRelativeLists(fields: object, text: string): object {
  const isRelative = /^\s*(?:Ciphers|MACs|KexAlgorithms|HostKeyAlgorithms)\s+[-+^]/m.test(text);
  if (!isRelative) return fields;
  const named = ["ciphers", "macs", "kexAlgorithms", "hostKeyAlgorithms"];
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, named.includes(key) ? Array.isArray(value) : value]));
}

function loginWith(configFile: string, changes: Partial<LoginSpec> = {}): LoginSpec {
  return { ...plainLogin(parseTarget("box"), configFile), ...changes };
}

describe.skipIf(!hasSsh)("without ssh a configuration means what it means to ssh", () => {
  it.each(names)("in %s", async (name) => {
    const text = readFileSync(join(traps, name), "utf8").replaceAll("TRAPS", traps);
    const path = join(folder, name);
    writeFileSync(path, text);
    const [byUs, bySsh] = await Promise.all([withoutSsh, withSsh].map((resolver) => resolver.resolve(loginWith(path), neverAborted)));
    expect(bySsh?.version).toMatch(/^OpenSSH_/);
    expect(byUs?.version).toBeNull();
    if (byUs === undefined || bySsh === undefined) return;
    const [ours, theirs] = [fieldsOf(byUs.host), fieldsOf(bySsh.host)];
    expect(withoutRelativeLists(ours, text)).toEqual(withoutRelativeLists(theirs, text));
    expect(byUs.leftOut).toEqual([]);
  });

  it("says the same of what the command line adds", async () => {
    const path = join(folder, "plain");
    writeFileSync(path, "Host box\n  User file\n  Port 22\n  IdentityFile /keys/file\n  ProxyJump edge\n");
    const login = loginWith(path, {
      target: { user: "line", host: "box", port: 2200 },
      jump: ["a", "me@b:2222"],
      identities: ["/keys/line", "/keys/with blank"],
      options: ["User=option", 'UserKnownHostsFile="/known hosts"', "ServerAliveInterval=7"],
      connectTimeoutMs: 2_500,
    });
    const [byUs, bySsh] = await Promise.all([withoutSsh, withSsh].map((resolver) => resolver.resolve(login, neverAborted)));
    expect(byUs && fieldsOf(byUs.host)).toEqual(bySsh && fieldsOf(bySsh.host));
  });
});
