import { generateKeyPairSync, randomBytes } from "node:crypto";
import { string, u32 } from "../wire.js";

export interface KeyPair {
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly public: string;
  /** In OpenSSH's own form (PROTOCOL.key), without a passphrase. */
  readonly private: string;
}

const keyType = "ssh-ed25519";
const blockBytes = 8;
const lineLength = 70;

/** An ed25519 key pair in OpenSSH's formats. */
export function generateEd25519Key(): KeyPair {
  const { x, d } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const publicHalf = Buffer.from(x ?? "", "base64url");
  const privateHalf = Buffer.from(d ?? "", "base64url");
  const blob = Buffer.concat([string(keyType), string(publicHalf)]);
  const check = randomBytes(4);
  const noComment = "";
  const secret = Buffer.concat([
    check,
    check,
    string(keyType),
    string(publicHalf),
    string(Buffer.concat([privateHalf, publicHalf])),
    string(noComment),
  ]);
  const padding = Buffer.from(Array.from({ length: (blockBytes - (secret.length % blockBytes)) % blockBytes }, (_, index) => index + 1));
  const noCipher = [string("none"), string("none"), string("")];
  const key = Buffer.concat([Buffer.from("openssh-key-v1\0"), ...noCipher, u32(1), string(blob), string(Buffer.concat([secret, padding]))]);
  const lines = key.toString("base64").match(new RegExp(`.{1,${lineLength}}`, "g")) ?? [];
  return {
    public: `${keyType} ${blob.toString("base64")}`,
    private: ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n"),
  };
}
