/** Why a word of ssh(1) needs no place in our config: `-f`, `-o BatchMode=yes`. */
const ownSession = "each tunnel has a session of its own";
const noShell = "a tunnel opens no shell";
const noPrompt = "what only a person can answer is asked by `clawtunnel up`";
const log = "see `clawtunnel logs`";

export const needlessFlags: Readonly<Record<string, string>> = {
  a: "the agent is never forwarded",
  e: noShell,
  f: "the daemon holds the tunnel in the background",
  M: ownSession,
  n: "nothing is read from a terminal",
  N: noShell,
  q: log,
  s: noShell,
  t: noShell,
  T: noShell,
  v: log,
  x: "X11 is never forwarded",
  y: log,
  2: "there is no other protocol left",
};

export const needlessOptions: Readonly<Record<string, string>> = { e: noShell, E: log, S: ownSession };

export const lostFlags: Readonly<Record<string, string>> = {
  A: "the agent is not forwarded to the server: nothing runs there",
  X: "X11 is not forwarded",
  Y: "X11 is not forwarded",
  1: "version 1 of the protocol is gone",
};

export const lostOptions: Readonly<Record<string, string>> = {
  w: "network devices are not forwarded",
  W: "there is no standard input and output to forward",
};

/** Flags and options that ssh_config(5) has a keyword for. */
export const flagKeywords: Readonly<Record<string, string>> = {
  4: "AddressFamily=inet",
  6: "AddressFamily=inet6",
  C: "Compression=yes",
  k: "GSSAPIDelegateCredentials=no",
  K: "GSSAPIAuthentication=yes",
};

export const optionKeywords: Readonly<Record<string, string>> = {
  b: "BindAddress",
  B: "BindInterface",
  c: "Ciphers",
  I: "PKCS11Provider",
  m: "MACs",
  P: "Tag",
};

export const needlessKeywords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    batchmode: noPrompt,
    controlmaster: ownSession,
    controlpath: ownSession,
    controlpersist: ownSession,
    escapechar: noShell,
    exitonforwardfailure: "a forward that cannot be opened is told by `clawtunnel status`, and tried again",
    forkafterauthentication: "the daemon holds the tunnel in the background",
    loglevel: log,
    requesttty: noShell,
    sessiontype: noShell,
    stdinnull: "nothing is read from a terminal",
    tcpkeepalive: "the server is asked for an answer through the session itself",
  }),
);

export const lostKeywords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    clearallforwardings: "with it ssh would open no forward at all",
    forwardagent: "the agent is not forwarded to the server: nothing runs there",
    forwardx11: "X11 is not forwarded",
    forwardx11trusted: "X11 is not forwarded",
    localcommand: "nothing is run on this machine",
    permitlocalcommand: "nothing is run on this machine",
    remotecommand: "nothing is run on the server",
    sendenv: "nothing is run on the server",
    setenv: "nothing is run on the server",
    tunnel: "network devices are not forwarded",
    tunneldevice: "network devices are not forwarded",
  }),
);

/** What ssh does by itself: to say so changes nothing. */
export const noWhereLost = new Set([
  "clearallforwardings",
  "forwardagent",
  "forwardx11",
  "forwardx11trusted",
  "permitlocalcommand",
  "remotecommand",
  "tunnel",
]);

export const autosshReason = "clawtunnel keeps the tunnel open itself";
