import { asFailure, Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import { type HostConfig, hasProxy } from "../host-config.js";
import type { Question } from "../person.js";
import { acceptanceOf, type ConnectContext } from "../session.js";
import { type Prompt, readOtherPrompt, recognisePrompt } from "./prompts.js";

/** readpass.c: ssh would tell the person to touch a security key, and has neither a terminal for its log nor a program to tell it by. */
const wantsTouch = /^(?:notify_start: )?cannot notify/;

/** Text that stands as long as this is a question. */
const quietMs = 100;

/** What only a person, or what remembers for one, can answer. */
type Asked = Extract<Prompt, { kind: "passphrase" | "password" | "code" }>;

interface ConversationFacts {
  readonly host: HostConfig;
  readonly context: ConnectContext;
  /** Whether this ssh puts the account before what a server asks, so that a question of its own cannot be imitated. */
  readonly marksServersWords: boolean;
  readonly signal: AbortSignal;
  type(text: string): void;
  fail(failure: Failure): void;
  /** A person is waited for, until the returned function is called. */
  pause(): () => void;
}

/** What is said at ssh's terminal: its questions, and the answers to them. Nothing of it goes anywhere else. */
export class Conversation {
  readonly #facts: ConversationFacts;
  #text = "";
  /** What is typed may be echoed: it is over with the line. */
  #isEcho = false;
  #quiet: NodeJS.Timeout | undefined;
  #serverAsks = false;
  #isOver = false;
  #acceptedKey = "";
  #stopTelling = () => {};
  /** How often each answer was wanted since a person last gave it. */
  readonly #asked = new Map<string, number>();

  constructor(facts: ConversationFacts) {
    this.#facts = facts;
  }

  onTerminal(text: string): void {
    let added = text;
    if (this.#isEcho) {
      const end = text.indexOf("\n");
      if (end < 0) return;
      this.#isEcho = false;
      added = text.slice(end + 1);
    }
    clearTimeout(this.#quiet);
    // ssh goes back to the line's begin before it asks.
    this.#text = (this.#text + added).replace(/^\r+/, "");
    const prompt = this.#facts.marksServersWords ? recognisePrompt(this.#text) : undefined;
    if (prompt === undefined) this.#quiet = setTimeout(() => this.#answerOther(), quietMs);
    else this.#answer(prompt);
  }

  /** `isOwn`: it is certain that this ssh wrote it, and not a server by way of it. */
  onLogLine(text: string, isOwn: boolean): void {
    this.#stopTelling();
    this.#stopTelling = () => {};
    if (!isOwn) return;
    if (text.startsWith("input_userauth_info_req")) this.#serverAsks = true;
    this.#acceptedKey = /^Server accepts key: (\S+)/.exec(text)?.[1] ?? this.#acceptedKey;
    if (!wantsTouch.test(text)) return;
    const resume = this.#facts.pause();
    const stop = this.#facts.context.person.tell(`Touch your security key${this.#acceptedKey === "" ? "" : ` (${this.#acceptedKey})`}`);
    this.#stopTelling = () => {
      stop();
      resume();
    };
  }

  /** The log-in is over. What ssh still asks is only whether it may do more than it was told to (UpdateHostKeys). */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#quiet);
    this.#stopTelling();
  }

  #answerOther(): void {
    const known = recognisePrompt(this.#text);
    // What a host on the way asks, by an ssh of its own, is told by no log that is read here.
    const isImitable = (this.#serverAsks || this.#isLedThere()) && !this.#facts.marksServersWords;
    const prompt = known !== undefined && !isImitable ? known : readOtherPrompt(this.#text);
    if (prompt === undefined) return;
    // Of one that cannot be told from an imitation nothing that is remembered may be the answer.
    this.#answer(isImitable && prompt.kind === "password" && this.#isLedThere() ? { ...prompt, kind: "code" } : prompt);
  }

  #answer(prompt: Prompt): void {
    this.#text = "";
    if (prompt.kind === "host-key") this.#judge(prompt);
    else if (prompt.kind === "yes-no") this.#say("no");
    else if (!this.#isOver) this.#ask(prompt);
  }

  #ask(prompt: Asked): void {
    const { context, signal, pause, fail } = this.#facts;
    const resume = pause();
    context.person
      .ask(this.#question(prompt), signal)
      .then(
        (answer) => this.#say(answer),
        (error) => fail(asFailure(error)),
      )
      .finally(resume);
  }

  #question(prompt: Asked): Question {
    const { kind, subject } =
      prompt.kind === "passphrase" ? { kind: prompt.kind, subject: this.#keyPath(prompt.keyPath) } : this.#asker(prompt);
    const text = prompt.kind === "passphrase" ? `Enter passphrase for key '${subject}':` : prompt.text;
    const name = `${kind} ${subject}`;
    const times = this.#asked.get(name) ?? 0;
    const isRepeated = times > (kind === "passphrase" ? this.#othersThatAsk() : 0);
    this.#asked.set(name, isRepeated ? 1 : times + 1);
    return { kind, subject, text, isEchoed: false, isRepeated };
  }

  /**
   * ssh starts another ssh for a jump host, at the same terminal, and both may ask for the same key. Which of them it is cannot be
   * seen; one more time is granted, because each gives a key up after three.
   */
  #othersThatAsk(): number {
    return hasProxy(this.#facts.host) ? 1 : 0;
  }

  #judge(prompt: Prompt & { kind: "host-key" }): void {
    const { context, fail } = this.#facts;
    if (context.acceptedHostKeys.has(acceptanceOf(prompt))) {
      // ssh compares it with the key once more, and writes the key down.
      this.#say(prompt.takesFingerprint ? prompt.fingerprint : "yes");
      return;
    }
    this.#say("no");
    const host =
      this.#hosts().find(({ server, hostKeyAlias }) => isNameOf(prompt.hostPattern, hostKeyAlias ?? server.host)) ?? this.#facts.host;
    context.onUnknownHostKey({
      hostPattern: prompt.hostPattern,
      keyType: prompt.keyType,
      keyBase64: null,
      fingerprint: prompt.fingerprint,
      knownHostsFile: host.userKnownHosts[0] ?? "none",
      isHashed: host.hashKnownHosts,
    });
    fail(
      new Failure(
        "host-key-unknown",
        `${prompt.hostPattern} shows a host key that known_hosts does not have: ${prompt.keyType} ${prompt.fingerprint}`,
      ),
    );
  }

  #say(answer: string): void {
    this.#isEcho = true;
    this.#facts.type(`${answer}\n`);
  }

  /** ssh shows no more than 100 characters of a path. */
  #keyPath(shown: string): string {
    return (
      this.#hosts()
        .flatMap(({ identities }) => identities)
        .find((path) => path.slice(0, 100) === shown) ?? shown
    );
  }

  /**
   * Whose secret is asked for. ssh names no port: where the account's name is that of several hosts, or of none that is known (one
   * that a ProxyCommand asks for), what is remembered may be another's, and is not given.
   */
  #asker({ kind, account }: { readonly kind: "password" | "code"; readonly account: string | null }): Pick<Question, "kind" | "subject"> {
    const { host } = this.#facts;
    const isNamed = ({ server, hostKeyAlias, alias }: HostConfig) =>
      [server.host, hostKeyAlias, alias].some((name) => account === `${server.user}@${name}`);
    const named = account === null ? [host] : this.#hosts().filter(isNamed);
    const servers = new Set(named.map(({ server }) => formatServer(server)));
    const [server = account ?? ""] = servers;
    return servers.size === 1 && (account !== null || !this.#isLedThere())
      ? { kind, subject: server }
      : { kind: "code", subject: account ?? server };
  }

  /** Others may ask at the same terminal. */
  #isLedThere(): boolean {
    const { jumps, proxyCommand } = this.#facts.host;
    return jumps.length > 0 || proxyCommand !== null;
  }

  #hosts(): HostConfig[] {
    const { host } = this.#facts;
    return [host, ...host.jumps];
  }
}

function isNameOf(hostPattern: string, host: string): boolean {
  return hostPattern === host || hostPattern.startsWith(`[${host}]:`);
}
