import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import ssh2, { type AuthContext, type KeyboardAuthContext, type Prompt } from "ssh2";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";

/** An SSH server that asks what a test wants it to ask, and forwards nothing. */
export interface AskingSshd {
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyPublic: string;
  /** The method of each try, in order. */
  readonly tries: readonly string[];
  close(): void;
}

/** Answers each try by `accept` or `reject`, at once or later. */
export type Judge = (context: AuthContext, tries: readonly string[]) => void;

/** `banner` is what it says before it lets anybody log in. */
export async function startAskingSshd(judge: Judge, banner?: string): Promise<AskingSshd> {
  const hostKey = generateEd25519Key();
  const tries: string[] = [];
  const ssh = new ssh2.Server({ hostKeys: [hostKey.private], ...(banner !== undefined && { banner }) }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (context) => {
      if (context.method !== "publickey" || context.signature === undefined) tries.push(context.method);
      judge(context, tries);
    });
  });
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    hostKeyPublic: hostKey.public.split(" ", 2).join(" "),
    tries,
    close: () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

/** One round of keyboard-interactive, as a promise of its answers. */
export function askRound(context: KeyboardAuthContext, prompts: Prompt[], title = "", instructions = ""): Promise<string[]> {
  return new Promise((resolve) => context.prompt(prompts, title, instructions, (answers) => resolve(answers ?? [])));
}
