import { Failure } from "../base/failure.js";
import { foreign } from "../base/text.js";

/** What a log-in may ask of whoever can answer. `subject` says whose secret it is, so that one answer serves every tunnel that needs it. */
export interface Question {
  /** `passphrase` of a key file, `password` of an account, `code`: anything that is another one next time. */
  readonly kind: "passphrase" | "password" | "code";
  /** The key file's path, or `user@host:port`. */
  readonly subject: string;
  /** As the engine or the server worded it: for instance `Verification code:`. */
  readonly text: string;
  /** Whether the answer may be seen while it is typed. */
  readonly isEchoed: boolean;
  /** The answer before did not do: what was remembered is not to be given again. */
  readonly isRepeated: boolean;
}

/**
 * Whoever answers for the user during one log-in: a memory, the system's keyring, or a person at a terminal. Answers are secrets:
 * they are never logged, and are kept only in memory, or in the keyring where the user chose that.
 */
export interface Person {
  /** Rejects with `needs-answer` when nobody is there to ask, or nobody answers in time. */
  ask(question: Question, signal: AbortSignal): Promise<string>;
  /** Shows something that a person has to do elsewhere (touch a security key), until the returned function is called. */
  tell(notice: string): () => void;
  /** The log-in stands: what was answered was right, and may be remembered. */
  accepted(): void;
}

/** For log-ins that nobody watches. */
export const nobody: Person = {
  ask: ({ kind, subject, text }) => {
    const hint = kind === "passphrase" && {
      hint: `Answer in a terminal: \`clawtunnel up NAME\`; or add the key to the agent: \`ssh-add ${subject}\`.`,
    };
    return Promise.reject(new Failure("needs-answer", `the log-in asks "${foreign(text)}", and nobody is there to answer`, { ...hint }));
  },
  tell: () => () => {},
  accepted: () => {},
};
