import type { Socket } from "node:net";
import { type Endpoint, formatEndpoint } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { AcknowledgementNudge } from "../nudge.js";
import type { ExecOptions, ExecResult, RemoteListener, SessionTraffic, SshSession } from "../session.js";
import type { ChannelEvent } from "./channel-events.js";
import { ChannelSockets, watchReads } from "./channel-socket.js";
import { Dialler } from "./dialler.js";
import { ExecChannels } from "./exec-channels.js";
import { ListenerPaths } from "./listener-paths.js";
import { LocalForwards } from "./local-forwards.js";
import type { MuxClient } from "./mux-client.js";
import { askAlive } from "./mux-messages.js";
import { PeerQuestions } from "./peer-questions.js";
import { listenRemotely } from "./remote-listener.js";
import type { SupervisedSsh } from "./supervised-ssh.js";
import { AnswerUrge } from "./urge.js";

/** Where a question can be asked that no session is permitted for: nobody listens there, and the server says so. */
const nowhere: Endpoint = { host: "127.0.0.1", port: 1 };

/** What says the answer to a question: nothing goes back on it. */
const unanswered = { bytesWritten: 0 };

/** From the end of an ssh's control connection to that of the process. */
const dyingMs = 300;

interface SessionFacts {
  readonly ssh: SupervisedSsh;
  readonly mux: MuxClient;
  readonly where: string;
  /** What its log says of how it ended. */
  causeOf(exit: string): Failure;
}

/** A log-in that an ssh process holds. Channels go through unix sockets in its folder; the control socket opens and ends them. */
export class OpensshSession implements SshSession {
  readonly ended: Promise<Failure>;
  readonly #facts: SessionFacts;
  readonly #forwards: LocalForwards;
  readonly #listenerPaths: ListenerPaths;
  readonly #dialler = new Dialler();
  readonly #sockets = new ChannelSockets();
  readonly #questions: PeerQuestions;
  readonly #commands: ExecChannels;
  readonly #nudge = new AcknowledgementNudge(() => this.#questions.nudge());
  readonly #urge = new AnswerUrge(() => this.#questions.nudge());
  #dialling = 0;
  #failure: Failure | undefined;

  constructor(facts: SessionFacts) {
    this.#facts = facts;
    this.#forwards = new LocalForwards(facts.mux, facts.ssh.folder);
    this.#listenerPaths = new ListenerPaths(facts.ssh.folder);
    this.#questions = new PeerQuestions(facts.ssh.controlPath, () => this.#nudge.onRead(unanswered, 0));
    this.#questions.begin();
    this.#commands = new ExecChannels(facts.ssh.controlPath, () => this.#gone());
    this.ended = facts.ssh.exited.then((exit) => this.#end(facts.causeOf(exit)));
    // An ssh whose control socket is closed serves nobody any more, whatever holds it up.
    void facts.mux.closed.then(() => {
      const timer = setTimeout(() => facts.ssh.end(), dyingMs);
      void facts.ssh.exited.then(() => clearTimeout(timer));
    });
  }

  hear(event: ChannelEvent): void {
    this.#dialler.hear(event);
  }

  async dial(to: Endpoint, signal: AbortSignal): Promise<Socket> {
    if (this.#failure !== undefined) throw this.#gone();
    this.#dialling += 1;
    const answered = this.#urge.begin();
    try {
      const path = await this.#takePath(to);
      try {
        signal.throwIfAborted();
        const socket = await this.#dialler.open(to, path, signal, (opening) => this.#adopt(opening));
        // That it is open came in a small packet too.
        this.#nudge.onRead(socket, 0);
        return socket;
      } finally {
        this.#forwards.release(to);
      }
    } finally {
      answered();
      this.#dialling -= 1;
    }
  }

  async listen(bind: Endpoint, onConnection: (channel: Socket) => void, signal: AbortSignal): Promise<RemoteListener> {
    if (this.#failure !== undefined) throw this.#gone();
    const adopt = (socket: Socket) => {
      this.#adopt(socket);
      onConnection(socket);
    };
    return listenRemotely(this.#facts.ssh.controlPath, bind, this.#listenerPaths, adopt, signal);
  }

  async probe(signal: AbortSignal): Promise<number> {
    if (this.#failure !== undefined) throw this.#gone();
    return (await this.#questions.ask(signal)) ?? this.#probeByChannel(signal);
  }

  async exec(command: string, { input = "" }: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    if (this.#failure !== undefined) throw this.#gone();
    return this.#commands.run(command, input, signal);
  }

  traffic(): SessionTraffic {
    const channels = this.#sockets.totals();
    return {
      ...channels,
      receivedBytes: channels.receivedBytes + this.#questions.receivedBytes + this.#commands.receivedBytes,
      sentBytes: channels.sentBytes + this.#questions.sentBytes + this.#commands.sentBytes,
      openChannels: Math.max(this.#sockets.size, this.#dialling) + this.#commands.size,
    };
  }

  close(): void {
    this.#end(new Failure("session-gone", `the session to ${this.#facts.where} was closed here`));
    this.#facts.ssh.end();
  }

  /** The server has to say whether it can connect there, which it cannot; it writes a line into its log each time. */
  async #probeByChannel(signal: AbortSignal): Promise<number> {
    const startedMs = performance.now();
    try {
      (await this.dial(nowhere, signal)).destroy();
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "session-gone") throw error;
    }
    return performance.now() - startedMs;
  }

  #adopt(socket: Socket): void {
    this.#sockets.add(socket);
    watchReads(socket, { isAlive: () => this.#isAlive(), onRead: (bytes) => this.#nudge.onRead(socket, bytes) });
  }

  async #isAlive(): Promise<boolean> {
    if (this.#failure !== undefined) return false;
    return this.#facts.mux.ask(askAlive).then(
      () => this.#failure === undefined,
      () => false,
    );
  }

  async #takePath(to: Endpoint): Promise<string> {
    try {
      return await this.#forwards.take(to);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure("session-gone", `the session ended before ${formatEndpoint(to)} was reached`, { cause: error });
    }
  }

  /** Tells the first cause. */
  #end(failure: Failure): Failure {
    if (this.#failure === undefined) {
      this.#failure = failure;
      this.#dialler.end(this.#gone());
      this.#questions.end(this.#gone());
      this.#commands.end();
      this.#nudge.end();
      this.#urge.end();
      this.#sockets.destroy(failure);
      this.#facts.mux.end();
    }
    return this.#failure;
  }

  #gone(): Failure {
    return new Failure("session-gone", `the session to ${this.#facts.where} is gone`, { cause: this.#failure });
  }
}
