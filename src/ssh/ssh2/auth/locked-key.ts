import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { SigningRequestOptions } from "ssh2";
import { onAbort } from "../../../base/abort.js";

const ssh2Path = createRequire(import.meta.url).resolve("ssh2");

/** Posts a signature, or nothing when the passphrase is wrong. It has no types, because it is run as it stands. */
const program = `
const { parentPort, workerData: { ssh2Path, contents, passphrase, data, hash } } = require("node:worker_threads");
const parsed = require(ssh2Path).utils.parseKey(Buffer.from(contents), passphrase);
const key = Array.isArray(parsed) ? parsed[0] : parsed;
const signature = key instanceof Error ? undefined : key.sign(Buffer.from(data), hash);
if (signature instanceof Error) throw signature;
parentPort.postMessage(signature);
`;

/**
 * Signs with an encrypted key file, in a thread of its own: OpenSSH's key derivation takes a third of a second, in which no
 * tunnel would move a byte. Undefined when the passphrase is wrong.
 */
export function signWithLocked(
  contents: Buffer,
  passphrase: string,
  data: Buffer,
  hash: SigningRequestOptions["hash"],
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { eval: true, workerData: { ssh2Path, contents, passphrase, data, hash } });
    const forget = onAbort(signal, () => void worker.terminate());
    worker.once("message", (signature: Uint8Array | undefined) => {
      resolve(signature === undefined ? undefined : Buffer.from(signature));
    });
    worker.once("error", reject);
    worker.once("exit", () => {
      forget();
      reject(new Error("the thread that signs has ended"));
    });
  });
}
