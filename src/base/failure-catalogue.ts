/** `retry`: heals by itself. `needs-user`: held until a person, or the outside, changed something. `none`: a plain answer. */
export type Recovery = "retry" | "needs-user" | "none";

interface Entry {
  readonly recovery: Recovery;
  readonly hint: string;
}

/**
 * Every failure clawtunnel can name. Whether to retry is decided here, once.
 * The README lists the same codes; a test holds the two together.
 */
export const failureCatalogue = {
  // The way to the server
  "host-unresolved": { recovery: "retry", hint: "Check the host name and this machine's network; clawtunnel keeps trying." },
  "host-unreachable": { recovery: "retry", hint: "Check this machine's network and VPN; clawtunnel keeps trying." },
  "connection-refused": { recovery: "retry", hint: "Check that sshd runs on the server and that the port is right." },
  "connect-timeout": { recovery: "retry", hint: "The server or a firewall drops the packets; check the address, port and firewall." },
  "handshake-timeout": {
    recovery: "retry",
    hint: "Something accepts the connection but does not answer as SSH; check the port and the server's load.",
  },
  "not-ssh": { recovery: "retry", hint: "Check the port: something other than an SSH server, or a captive portal, answers there." },
  "handshake-lost": {
    recovery: "retry",
    hint: "The server closed the connection before log-in; it may be starting, overloaded, or banning this address.",
  },
  "jump-failed": {
    recovery: "retry",
    hint: "Check the next host's address and port as the jump host sees them, and that the machine is up; clawtunnel keeps trying.",
  },
  "proxy-command-failed": {
    recovery: "retry",
    hint: "Run the ProxyCommand of your ssh_config in a terminal to see what it says; clawtunnel keeps trying.",
  },
  "peer-closed": { recovery: "retry", hint: "The server ended the session; clawtunnel reconnects." },
  "peer-silent": { recovery: "retry", hint: "The server stopped answering; clawtunnel reconnects." },
  "server-disconnected": { recovery: "retry", hint: "The server said goodbye; its log tells why." },
  "connection-reset": { recovery: "retry", hint: "The network cut the connection; clawtunnel reconnects." },
  "ssh-ended": { recovery: "retry", hint: "The system's ssh ended by itself; clawtunnel starts it again." },
  "restart-asked": { recovery: "retry", hint: "The tunnel is being restarted on request." },

  // Who we are, who they are
  "auth-rejected": {
    recovery: "needs-user",
    hint: "Check the user name, and that the key's public half is in authorized_keys on the server; then `clawtunnel up`.",
  },
  "no-credentials": { recovery: "needs-user", hint: "Start an ssh-agent and add a key, or name a key file with -i." },
  "agent-unavailable": { recovery: "needs-user", hint: "Start an ssh-agent (`eval $(ssh-agent)`), or name a key file with -i." },
  "identity-unreadable": { recovery: "needs-user", hint: "Check the path, the permissions, and that the file is a private key." },
  "identity-locked": { recovery: "needs-user", hint: "Add the key to the agent: `ssh-add FILE`; then `clawtunnel up`." },
  "host-key-unknown": { recovery: "needs-user", hint: "Look at the key and accept it: `clawtunnel trust NAME`." },
  "host-key-changed": {
    recovery: "needs-user",
    hint: "Ask the server's owner. If the change is right, remove the old line, then `clawtunnel trust NAME`.",
  },
  "host-key-revoked": {
    recovery: "needs-user",
    hint: "The key is marked @revoked in known_hosts. Do not connect; ask the server's owner.",
  },
  "host-key-needs-authority": {
    recovery: "needs-user",
    hint: "known_hosts has only a @cert-authority for this host, which the ssh2 engine cannot check; let ssh do it with `--engine openssh`, or add the host's own key.",
  },
  "known-hosts-unreadable": { recovery: "needs-user", hint: "Check the path and permissions of the known_hosts file." },
  "algorithms-mismatch": {
    recovery: "needs-user",
    hint: "The server and this engine have no algorithm in common; try `--engine openssh`, or update the server's sshd.",
  },
  "forwarding-prohibited": {
    recovery: "needs-user",
    hint: "Check AllowTcpForwarding and PermitOpen in sshd_config, and permitopen= in authorized_keys (`localhost` is not `127.0.0.1`).",
  },

  // This machine's side
  "port-busy": {
    recovery: "needs-user",
    hint: "End the program that holds the port, or let the tunnel have the next free one: `clawtunnel up NAME --on-port-busy next`.",
  },
  "bind-denied": { recovery: "needs-user", hint: "Choose a local port of 1024 or above, or another address." },
  "bind-unavailable": { recovery: "needs-user", hint: "The local address does not exist on this machine; bind to 127.0.0.1." },
  "ssh-config-invalid": {
    recovery: "needs-user",
    hint: "Mend your ssh_config: `ssh -G HOST` tells what is wrong; clawtunnel goes on as soon as it changes.",
  },
  "engine-unavailable": {
    recovery: "needs-user",
    hint: "Install OpenSSH's client (`ssh`), or let clawtunnel's own engine do it: `--engine ssh2`, without what only ssh can do.",
  },
  "needs-answer": { recovery: "needs-user", hint: "Answer it in a terminal: `clawtunnel up NAME`." },
  "target-invalid": { recovery: "needs-user", hint: "A target is host, user@host, user@host:port or [ipv6]:port." },

  // Through the forward
  "service-refused": { recovery: "retry", hint: "Start the service on the server, or check the forward's port." },
  "service-unreachable": { recovery: "retry", hint: "The server cannot reach the forward's destination; check its host and port." },
  "service-silent": { recovery: "retry", hint: "The service accepted the connection but gave no answer in time." },
  "service-wrong": { recovery: "retry", hint: "Something else than the expected service answers there; check the forward's port." },
  "gateway-down": {
    recovery: "retry",
    hint: "Start the gateway on the server; the tunnel stands and waits for it: `clawtunnel doctor NAME`.",
  },
  "gateway-starting": { recovery: "retry", hint: "The gateway is starting; it takes a few seconds." },
  "gateway-draining": { recovery: "retry", hint: "The gateway finishes its work before it restarts; that may take minutes." },
  "gateway-hung": {
    recovery: "retry",
    hint: "The gateway accepts connections and answers nothing: look at it on the server, and restart it if it stays so.",
  },
  "gateway-not-there": {
    recovery: "retry",
    hint: "Something else than an OpenClaw gateway has that port on the server; check the forward's port: `clawtunnel doctor NAME`.",
  },
  "gateway-token-wrong": {
    recovery: "retry",
    hint: "The gateway has another token than the deep check was given; mend it, then `clawtunnel restart NAME`.",
  },
  "gateway-token-missing": {
    recovery: "retry",
    hint: "The gateway wants a token: name the variable, file or keyring that has it in health.deep, or leave the deep check out.",
  },
  "gateway-protocol": {
    recovery: "retry",
    hint: "This gateway speaks another protocol than the deep check knows; update clawtunnel, or leave it out.",
  },
  "container-unknown": {
    recovery: "retry",
    hint: "Check the container's name and that it runs (`docker ps` on the server), and that the account may use docker.",
  },
  "remote-bind-refused": {
    recovery: "retry",
    hint: "Another session, perhaps an old one that the server has not given up, holds that port there; or GatewayPorts and PermitListen forbid it.",
  },
  "channel-refused": { recovery: "none", hint: "The server refused to open a channel; its log tells why." },
  "session-gone": { recovery: "none", hint: "The SSH session ended meanwhile; the connection is tried again on the next one." },

  // On the server
  "exec-refused": {
    recovery: "none",
    hint: "This key may forward and not run commands; use one with a shell for what has to look at the server.",
  },
  "exec-failed": { recovery: "none", hint: "Run the command on the server by hand to see why." },
  "gateway-config-unreadable": {
    recovery: "none",
    hint: "Log in as the user who runs the gateway, or name its profile: `--profile NAME`.",
  },
  "gateway-config-invalid": { recovery: "none", hint: "Mend the file on the server: `openclaw config validate` tells what is wrong." },
  "harden-refused": { recovery: "none", hint: "Nothing was changed. See to what it says, then `clawtunnel harden NAME` again." },
  "harden-undone": { recovery: "none", hint: "The gateway is as it was before, and answers; `clawtunnel audit NAME` tells what is open." },
  "harden-unfinished": {
    recovery: "none",
    hint: "Run `clawtunnel harden NAME` again: it finishes, or puts everything back.",
  },

  // OpenClaw on this machine
  "client-config-unusable": {
    recovery: "none",
    hint: "Nothing was written. Mend the file, or set it up with the lines that `clawtunnel up` prints.",
  },
  "key-exists": { recovery: "none", hint: "Use the key that is there with --existing, or choose another file with --file." },
  "key-unproved": {
    recovery: "none",
    hint: "Nothing was left on the server. Look at AuthorizedKeysFile in its sshd_config; OpenSSH 7.8 and newer know all of the line.",
  },
  "browser-unavailable": { recovery: "none", hint: "Open the address that `clawtunnel url NAME` prints by hand." },
  "token-unavailable": {
    recovery: "none",
    hint: "Give the token with --token-env or --token-file, or keep it in health.deep of the config.",
  },

  // Commands, config and daemon
  usage: { recovery: "none", hint: "See `clawtunnel --help`." },
  "forward-invalid": { recovery: "none", hint: "A forward is [bind:]port:host:hostport, for instance -L 8080:127.0.0.1:80." },
  "bind-public": {
    recovery: "none",
    hint: 'Bind to 127.0.0.1; or, if the whole network may use it, write the forward into the config with "allowLan": true.',
  },
  "name-invalid": { recovery: "none", hint: "A name has letters, digits, dot, dash and underscore, and begins with a letter or digit." },
  "name-taken": { recovery: "none", hint: "Choose another --name, or `clawtunnel remove` the old tunnel first." },
  "port-taken": { recovery: "none", hint: "Choose another local port for one of the two." },
  "tunnel-unknown": { recovery: "none", hint: "`clawtunnel list` shows the tunnels." },
  "tunnel-down": { recovery: "none", hint: "Open it: `clawtunnel up NAME`." },
  "prompt-unknown": { recovery: "none", hint: "It was answered, or the tunnel moved on; see `clawtunnel status`." },
  "prompt-stale": { recovery: "none", hint: "Look at the key again: `clawtunnel trust NAME`." },
  "config-not-json": { recovery: "none", hint: "Mend the file (`clawtunnel config path` names it); nothing was changed." },
  "config-invalid": { recovery: "none", hint: "Mend the file (`clawtunnel config path` names it); nothing was changed." },
  "config-unreadable": { recovery: "none", hint: "Check the permissions of the config file and its folder." },
  "config-unwritable": { recovery: "none", hint: "Check the permissions of the config folder, or use --once to open without saving." },
  "folder-unusable": { recovery: "none", hint: "Choose a folder you own with CLAWTUNNEL_HOME, or mend its permissions." },
  "history-unreadable": { recovery: "none", hint: "Check the permissions of history.jsonl and its folder; tunnels do not need it." },
  "socket-path-too-long": { recovery: "none", hint: "Set CLAWTUNNEL_HOME to a folder with a shorter path." },
  "daemon-not-running": { recovery: "none", hint: "Start it: `clawtunnel up`." },
  "daemon-running": { recovery: "none", hint: "`clawtunnel status` shows it." },
  "daemon-start-failed": { recovery: "none", hint: "Run `clawtunnel daemon` in this terminal to see why." },
  "daemon-unresponsive": { recovery: "none", hint: "End the process and run `clawtunnel up` again." },
  "service-unavailable": { recovery: "none", hint: "Let something else start `clawtunnel daemon` at boot." },
  "service-manager-failed": {
    recovery: "none",
    hint: "What was there before has been put back; `clawtunnel service status` shows how it stands.",
  },
  "service-not-installed": { recovery: "none", hint: "Install it: `clawtunnel install`." },
  "service-not-up": { recovery: "none", hint: "`clawtunnel service status` shows how it stands, and where its log is." },
  "program-unstable": { recovery: "none", hint: "Install it to stay: `npm install --global clawtunnel`, then `clawtunnel install`." },
  "request-refused": { recovery: "none", hint: "The control API answers only this user's own tools." },
  "request-invalid": { recovery: "none", hint: "See the control API's routes and bodies." },
  "source-unreadable": { recovery: "none", hint: "Check the path and its permissions; text of up to 1 MiB is read." },
  "source-unknown": { recovery: "none", hint: "Say what it is with --from; `clawtunnel import --help` has the kinds." },
  "not-found": { recovery: "none", hint: "The control API has no such route; is the command newer than the daemon?" },
  internal: { recovery: "needs-user", hint: "This is a bug in clawtunnel. Please report it with `clawtunnel logs -n 50`." },
} as const satisfies Record<string, Entry>;

export type FailureCode = keyof typeof failureCatalogue;
