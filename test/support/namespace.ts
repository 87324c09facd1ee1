import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Cleanups } from "./cleanups.js";
import { isRequired } from "./required.js";
import { startSshd } from "./sshd.js";
import { type GatewayOptions, gatewayConfig, type StandInGateway, startStandInGateway } from "./stand-in-gateway.js";
import type { TestSshd } from "./test-sshd.js";

/** A machine of its own as the network sees it: a Linux network namespace, with a cable to this one. Its ports are all free. */
export interface ServerMachine {
  /** Of 198.18.0.0/15, which is nobody's: as public as an address on a single machine can be. */
  readonly address: string;
  /** The home folder of whoever logs in. */
  readonly home: string;
  /** Listens on `address`, port 22. */
  readonly sshd: TestSshd;
  /** Starts a gateway there, on the usual port when `settings` name none. It ends with the test. */
  startGateway(settings: string, options?: Partial<GatewayOptions>): Promise<StandInGateway>;
  /** Runs a program there; its output. */
  run(...command: string[]): string;
}

/** Needs root, ip(8) and a kernel that lets it. */
export const hasNamespaces = isRequired("netns") || canMakeNamespaces();

/** Made for one test, and taken down after it. */
export async function makeServerMachine(): Promise<ServerMachine> {
  const cleanups = new Cleanups();
  onTestFinished(cleanups.run);
  const { name, address } = makeNamespace(cleanups);
  const wrap = ["ip", "netns", "exec", name];
  const home = join(cleanups.folder(), "home");
  mkdirSync(home, { mode: 0o700 });
  const sshd = await startSshd({ host: address, port: 22, wrap, extraConfig: [`SetEnv "HOME=${home}"`] });
  cleanups.add(sshd.dispose);
  return {
    address,
    home,
    sshd,
    startGateway: async (settings, options = {}) => {
      const gateway = await startStandInGateway(home, { config: gatewayConfig(settings), wrap, ...options });
      cleanups.add(gateway.stop);
      return gateway;
    },
    run: (...command) => call(...wrap, ...command),
  };
}

/** What the server's own /etc/ssh is to hold: ip-netns(8) puts it in the place of this machine's for whatever runs there. */
const soundSshd = "PasswordAuthentication no\nPermitRootLogin prohibit-password\n";

/** A /30 of its own: this machine's end is .1 of it, the server's .2. Another run may have the same: then the next is tried. */
function makeNamespace(cleanups: Cleanups): { readonly name: string; readonly address: string } {
  for (let attempt = 1; ; attempt++) {
    const block = Math.floor(Math.random() * 2 ** 15);
    const [high, low] = [18 + (block >> 14), (block << 2) & 0xffff];
    const at = (offset: number) => `198.${high}.${low >> 8}.${(low & 0xff) + offset}`;
    const [name, cable] = [`clawtunnel-${block}`, `claw${block}`];
    try {
      call("ip", "netns", "add", name);
    } catch (error) {
      if (attempt === 20) throw error;
      continue;
    }
    const folder = join("/etc/netns", name);
    const remove = () => {
      spawnSync("ip", ["netns", "del", name]);
      rmSync(folder, { recursive: true, force: true });
    };
    process.once("exit", remove);
    cleanups.add(() => {
      remove();
      process.off("exit", remove);
    });
    mkdirSync(join(folder, "ssh"), { recursive: true });
    writeFileSync(join(folder, "ssh/sshd_config"), soundSshd);
    call("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
    call("ip", "addr", "add", `${at(1)}/30`, "dev", cable);
    call("ip", "link", "set", cable, "up");
    call("ip", "-n", name, "addr", "add", `${at(2)}/30`, "dev", "eth0");
    for (const device of ["eth0", "lo"]) call("ip", "-n", name, "link", "set", device, "up");
    return { name, address: at(2) };
  }
}

function canMakeNamespaces(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const name = `clawtunnel-try-${process.pid}`;
  const isMade = spawnSync("ip", ["netns", "add", name]).status === 0;
  if (isMade) spawnSync("ip", ["netns", "del", name]);
  return isMade;
}

function call(...command: readonly string[]): string {
  const [program = "", ...argv] = command;
  const { status, stdout, stderr, error } = spawnSync(program, argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${error?.message ?? stderr}`);
  return stdout;
}
