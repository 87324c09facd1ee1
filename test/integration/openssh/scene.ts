import { once } from "node:events";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createOpensshEngine, type OpensshEngine } from "../../../src/ssh/openssh/engine.js";
import { SshScene } from "../../support/ssh-scene.js";
import { sshdKind } from "../../support/test-sshd.js";

/** The engine runs the system's ssh, against an sshd that is as real. */
export const hasOpenSsh = sshdKind() === "openssh";

/** A machine that node-pty is not made for. */
export const noTerminal = { loadPty: () => Promise.resolve(undefined) };

/** Each log-in has an engine of its own, with folders of its own, unless a test says otherwise. */
export class Scene extends SshScene {
  constructor() {
    super(() => this.engine());
  }

  folders(): { stateDir: string; runtimeDir: string } {
    const folder = this.cleanups.folder();
    return { stateDir: join(folder, "state"), runtimeDir: join(folder, "run") };
  }

  engine(folders = this.folders(), machine: { loadPty?: () => Promise<undefined> } = {}): OpensshEngine {
    return createOpensshEngine({ ...folders, ...machine });
  }
}

export function localhost(port: number): { host: string; port: number } {
  return { host: "127.0.0.1", port };
}

/** Sends `text`, ends that side, and gives all that comes until the other side ends too. */
export async function exchange(channel: Duplex, text: string | Buffer): Promise<Buffer> {
  channel.end(text);
  const answer = await buffer(channel);
  if (!channel.closed) await once(channel, "close");
  return answer;
}
