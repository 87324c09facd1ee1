import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from "ssh2";
import { generateEd25519Key } from "../ssh/keys/generate-key.js";

export interface SshServerOptions {
  readonly port?: number;
  /** The one key that may log in, as a line of OpenSSH public key text. Any user name will do. */
  readonly authorizedKey: Buffer | string;
  /** A private key in PEM; a new ed25519 key is made when there is none. */
  readonly hostKey?: string;
}

export interface SshServer {
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyPublic: string;
  readonly hostKeyPrivate: string;
  /** Destroys the socket of every live client, as the end of a server-side session process does. Tells how many. */
  cutSessions(): number;
  close(): Promise<void>;
}

/** A small SSH server on 127.0.0.1 that forwards (direct-tcpip) and does nothing else. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const authorizedKey = parseKey(options.authorizedKey);
  const hostKeyPrivate = options.hostKey ?? generateEd25519Key().private;
  const hostKey = parseKey(hostKeyPrivate);
  const ssh = new ssh2.Server({ hostKeys: [hostKeyPrivate] }, (client) => serveClient(client, authorizedKey));

  // ssh2 keeps its clients' sockets to itself; a listener of our own can cut them.
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  listener.listen(options.port ?? 0, "127.0.0.1");
  await once(listener, "listening");

  const cutSessions = () => {
    const count = sockets.size;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    return count;
  };
  return {
    port: (listener.address() as AddressInfo).port,
    hostKeyPublic: `${hostKey.type} ${hostKey.getPublicSSH().toString("base64")}`,
    hostKeyPrivate,
    cutSessions,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        cutSessions();
      }),
  };
}

function parseKey(text: Buffer | string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

function serveClient(client: Connection, authorizedKey: ParsedKey): void {
  const dials = new Set<Socket>();
  client.on("authentication", (context) => {
    if (isAuthorized(context, authorizedKey)) context.accept();
    else context.reject(["publickey"]);
  });
  client.on("tcpip", (accept, reject, { destIP, destPort }) => {
    const service = connect({ host: destIP, port: destPort, allowHalfOpen: true, noDelay: true });
    dials.add(service);
    service.once("close", () => dials.delete(service));
    service.once("error", reject);
    service.once("connect", () => {
      service.off("error", reject);
      joinStreams(accept(), service);
    });
  });
  client.on("session", (accept) => {
    accept().on("exec", (acceptExec) => {
      const channel = acceptExec();
      channel.resume();
      channel.exit(0);
      channel.end();
    });
  });
  // A client that vanishes, or whose socket was cut, is everyday life here; "close" follows.
  client.on("error", () => {});
  client.on("close", () => {
    for (const service of dials) service.destroy();
  });
}

function isAuthorized(context: AuthContext, authorizedKey: ParsedKey): boolean {
  if (context.method !== "publickey" || !context.key.data.equals(authorizedKey.getPublicSSH())) return false;
  // Without a signature the client only asks whether this key is worth a signature; accept() says so and lets nobody in.
  if (context.signature === undefined || context.blob === undefined) return true;
  // ssh2's verify() returns an Error, which is truthy, when it cannot verify.
  return authorizedKey.verify(context.blob, context.signature, context.hashAlgo) === true;
}

/** Either side may stop talking and go on listening; the channel closes when both have. */
function joinStreams(channel: ServerChannel, service: Socket): void {
  let open = 2;
  const endOneSide = () => {
    open -= 1;
    if (open === 0) channel.end();
  };
  channel.pipe(service);
  channel.once("end", endOneSide);
  service.pipe(channel, { end: false });
  service.once("end", () => {
    // end() of a server channel closes both directions in ssh2; eof() after the last byte closes one.
    channel.write(Buffer.alloc(0), () => {
      channel.eof();
      endOneSide();
    });
  });
  service.on("error", () => channel.close());
  // ssh2 tells of a channel's close only after its end, which an unread channel never reaches.
  service.once("close", () => channel.resume());
  channel.on("error", () => service.destroy());
  channel.once("close", () => service.destroy());
}
