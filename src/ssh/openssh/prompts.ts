/** What ssh asks at its terminal. */
export type Prompt =
  | { readonly kind: "passphrase"; readonly keyPath: string }
  | { readonly kind: "password"; readonly account: string | null; readonly text: string }
  | { readonly kind: "code"; readonly account: string | null; readonly text: string }
  | {
      readonly kind: "host-key";
      readonly hostPattern: string;
      readonly keyType: string;
      readonly fingerprint: string;
      readonly takesFingerprint: boolean;
    }
  | { readonly kind: "yes-no" };

/** `(user@host) `, which ssh puts before what the server words, since OpenSSH 8.5. */
const accountPrefix = /^\(([^()\s]+@[^()\s]+)\) /;

/**
 * Everything that stands on the terminal since the last answer, if it is a question that ssh always words the same way. All of it,
 * because a server words questions too: one that ends like a question for a passphrase must not be given the passphrase.
 */
export function recognisePrompt(text: string): Prompt | undefined {
  const [, keyPath] = /^Enter passphrase for (?:key )?'?([^'\n]+?)'?: $/.exec(text) ?? [];
  if (keyPath !== undefined) return { kind: "passphrase", keyPath };
  const [, account] = /^(\S+@\S+)'s password: $/.exec(text) ?? [];
  if (account !== undefined) return { kind: "password", account, text: text.trim() };
  if (/^Enter PIN for [^\n]+: $/.test(text)) return { kind: "code", account: null, text: text.trim() };
  // ssh puts nothing of its own in brackets before a question: an account's name may be one that accountPrefix does not know.
  if (text.startsWith("(")) return undefined;
  if (/^[^(]*The authenticity of host .*continue connecting \(yes\/no(?:\/\[fingerprint\])?\)\? $/s.test(text))
    return readHostKeyPrompt(text);
  return /\(yes\/no\)[?:]* $/.test(text) ? { kind: "yes-no" } : undefined;
}

/** No question is longer. A server may send much more. */
const textMaxLength = 4_096;

/** Text that has stood on the terminal for a moment, and so is a question, in the server's words. */
export function readOtherPrompt(text: string): Prompt | undefined {
  const asked = text.slice(0, textMaxLength).trim();
  if (asked === "") return undefined;
  const account = accountPrefix.exec(text)?.[1] ?? null;
  // A one-time password is none that could be given again.
  const isPassword = /^(?:[^\s@]+@[^\s@]+'s )?password(?: for \S+)?:?$/i.test(asked.replace(accountPrefix, ""));
  return { kind: isPassword ? "password" : "code", account, text: asked };
}

function readHostKeyPrompt(text: string): Prompt {
  const [, hostPattern = ""] = /authenticity of host '(\S+)/.exec(text) ?? [];
  const [, name = "", fingerprint = ""] = /^(\S+) key fingerprint is:? ?(\S+?)\.?\r?$/m.exec(text) ?? [];
  return { kind: "host-key", hostPattern, keyType: keyTypeOf(name), fingerprint, takesFingerprint: text.includes("[fingerprint]") };
}

/** ssh's short name of a key, as known_hosts names its type. */
function keyTypeOf(name: string): string {
  const types: Readonly<Record<string, string>> = {
    RSA: "ssh-rsa",
    ECDSA: "ecdsa-sha2-nistp256",
    "ECDSA-SK": "sk-ecdsa-sha2-nistp256@openssh.com",
    "ED25519-SK": "sk-ssh-ed25519@openssh.com",
  };
  return types[name] ?? `ssh-${name.toLowerCase()}`;
}
