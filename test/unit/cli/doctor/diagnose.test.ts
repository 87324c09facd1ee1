import { describe, expect, it } from "vitest";
import { causeOf, diagnose } from "../../../../src/cli/doctor/diagnose.js";
import type { TunnelFacts } from "../../../../src/cli/doctor/facts.js";
import { plainLogin } from "../../../../src/config/plain-login.js";
import type { ForwardExamination, ListenersExamination, ServerExamination } from "../../../../src/openclaw/examine/report.js";
import { failureStatus, since, tunnelStatus } from "../../fixtures/tunnel-status.js";
import { commandsOf, failure, hop, login, port, server, tunnelFacts } from "./facts.js";

const find = (changes: Partial<TunnelFacts>, layer: string) => diagnose(tunnelFacts(changes)).find((one) => one.layer === layer);
const cause = (changes: Partial<TunnelFacts>) => causeOf(diagnose(tunnelFacts(changes)));
const [forward] = server.forwards as [ForwardExamination];
const listeners = server.listeners as ListenersExamination;
const refused: ForwardExamination = { ...forward, channel: failure("service-refused"), health: null };
const answering = (code: Parameters<typeof failure>[0], port = 18_789): ServerExamination => ({
  ...server,
  forwards: [{ ...forward, port, health: { isOk: false, detail: "", failure: failure(code), gateway: null } }],
});
const met = (code: Parameters<typeof failure>[0], message?: string): Partial<TunnelFacts> => ({
  server: null,
  status: tunnelStatus({ phase: "held", failure: failureStatus(code, message ?? code) }),
  session: { by: "tunnel", failure: failure(code, message) },
});

describe("the walk", () => {
  it("finds nothing where all is well, and looks at every layer", () => {
    const diagnoses = diagnose(tunnelFacts());
    expect(diagnoses.filter(({ state }) => state !== "ok").map(({ layer }) => layer)).toEqual(["token"]);
    expect(causeOf(diagnoses)).toBeNull();
  });

  it("stops at the first layer that is broken, and says that the others were not looked at", () => {
    const diagnoses = diagnose(tunnelFacts(met("auth-rejected")));
    const states = new Map(diagnoses.map(({ layer, state }) => [layer, state]));
    expect(states.get("host-key")).toBe("ok");
    expect(states.get("authentication")).toBe("broken");
    expect(["forwarding", "remote-listener", "gateway", "token", "exposure"].map((layer) => states.get(layer as "token"))).toEqual(
      Array(5).fill("not-looked-at"),
    );
  });

  it("goes on behind a daemon that does not run, and takes what is worse there for the cause", () => {
    const off: Partial<TunnelFacts> = { daemon: { state: "silent", failure: failure("daemon-not-running"), pid: null }, status: null };
    expect(cause(off)).toMatchObject({ layer: "daemon", code: "daemon-not-running" });
    expect(cause({ ...off, session: { by: "doctor", failure: failure("auth-rejected") } })).toMatchObject({ code: "auth-rejected" });
  });

  it("asks nothing of a bare host that only a tunnel has", () => {
    const layers = diagnose(tunnelFacts({ isTunnel: false })).map(({ layer }) => layer);
    expect(layers).toEqual(["name", "ssh-port", "host-key", "authentication", "forwarding", "remote-listener", "gateway"]);
  });

  it("does not blame a bare host for having no gateway", () => {
    expect(cause({ isTunnel: false, server: { ...server, forwards: [refused] } })).toBeNull();
  });

  it("leaves token and exposure out for a service that is no gateway", () => {
    const layers = diagnose(tunnelFacts({ expectsGateway: false })).map(({ layer }) => layer);
    expect(layers.at(-1)).toBe("gateway");
  });
});

describe("this machine", () => {
  it("sees OpenClaw.app in Local mode, which would end the daemon's listener", () => {
    expect(find({ platform: "darwin", isAppLocal: true }, "local-port")).toMatchObject({ state: "warning", code: "openclaw-app-local" });
  });

  it("says where a tunnel is that had to move", () => {
    const ports = [{ ...port, isOurs: false, movedTo: "127.0.0.1:18790", failure: failure("port-busy") }];
    expect(find({ ports }, "local-port")).toMatchObject({ state: "warning", code: "port-moved" });
  });

  it.each([
    ["linux", "sudo ss -ltnp 'sport = :18789'"],
    ["darwin", "sudo lsof -nP -iTCP:18789 -sTCP:LISTEN"],
    ["win32", "Get-NetTCPConnection -State Listen -LocalPort 18789"],
  ] as const)("says on %s how to see who has a port that nobody may see", (platform, command) => {
    const ports = [{ ...port, isOurs: false, failure: failure("port-busy") }];
    expect(commandsOf(cause({ platform, ports }))[0]).toContain(command);
  });

  it("does not take a port of its own clawtunnel's for a stranger's", () => {
    const owner = { pid: 9, command: "node x", user: "me", kind: "clawtunnel", isOwn: true, home: "/other home", keeperPid: null } as const;
    const ports = [{ ...port, isOurs: false, failure: failure("port-busy"), owner }];
    expect(commandsOf(cause({ ports }))[0]).toBe("CLAWTUNNEL_HOME='/other home' clawtunnel status");
  });
});

describe("the way to the server", () => {
  const way = { firstHop: "vps:2222", addresses: [], greeting: null, failure: null, localForwards: [] };

  it.each([
    ["connect-timeout", "linux", "nc -vz vps 2222"],
    ["host-unreachable", "darwin", "nc -vz vps 2222"],
    ["connection-refused", "win32", "Test-NetConnection vps -Port 2222"],
  ] as const)("has a command for %s on %s", (code, platform, command) => {
    expect(commandsOf(cause({ ...met(code), platform, way: { ...way, failure: failure(code) } }))[0]).toBe(command);
  });

  it.each([
    ["linux", "getent hosts vps"],
    ["darwin", "dscacheutil -q host -a name vps"],
    ["win32", "Resolve-DnsName vps"],
  ] as const)("asks the resolver of %s for a name that is not known", (platform, command) => {
    expect(commandsOf(cause({ ...met("host-unresolved"), platform, way: { ...way, failure: failure("host-unresolved") } }))).toEqual([
      command,
    ]);
  });

  it("believes what it sees now, and not that the server was away at the last try", () => {
    const waiting = tunnelStatus({
      phase: "waiting",
      failure: failureStatus("connect-timeout", "x"),
      nextRetryAt: "2026-01-02T03:05:09.000Z",
    });
    const diagnoses = diagnose(tunnelFacts({ ...met("connect-timeout"), status: waiting }));
    expect(causeOf(diagnoses)).toBeNull();
    expect(diagnoses.find(({ layer }) => layer === "authentication")).toMatchObject({ state: "unknown" });
    expect(diagnoses.find(({ layer }) => layer === "tunnel")?.seen).toContain("tries again in 4 s");
  });

  it("tells of each target why it cannot be reached", () => {
    const otherWays = [{ target: "me@lan", failure: failure("host-unreachable", "no route to lan") }];
    const found = cause({
      ...met("connect-timeout", "vps is silent"),
      way: { ...way, failure: failure("connect-timeout", "vps is silent") },
      otherWays,
    });
    expect(found?.seen).toBe("vps is silent. Nor can it go by me@lan (no route to lan)");
  });

  it("knows what a name stands for also when its server does not greet", () => {
    const mute = { ...way, addresses: ["203.0.113.7"], failure: failure("handshake-lost") };
    expect(find({ ...met("handshake-lost"), way: mute }, "name")).toMatchObject({ state: "ok", seen: "vps is 203.0.113.7" });
  });

  it("does not blame a target that is away while the session stands by another", () => {
    expect(cause({ way: { ...way, failure: failure("connect-timeout") } })).toBeNull();
  });

  it("names the file for a key of the system's ssh that has changed", () => {
    expect(commandsOf(cause(met("host-key-changed")))).toEqual([
      "ssh-keygen -R '[vps]:2222' -f /home/me/.ssh/known_hosts",
      "clawtunnel trust openclaw",
    ]);
  });

  it("has the line to write where ssh_config lets nobody accept a key", () => {
    const hint = "StrictHostKeyChecking is yes: add this line";
    const found = cause({ ...met("host-key-unknown"), session: { by: "tunnel", failure: { ...failure("host-key-unknown"), hint } } });
    expect(found?.todo).toEqual([{ about: hint, commands: [] }]);
  });
});

describe("the log-in", () => {
  it("is told of the jump host where that refused it", () => {
    const edge = { ...hop, alias: "edge", server: "me@edge:22", knownAs: "edge" };
    const jumped = { ...login, way: [edge, hop] };
    const message = "at the jump host me@edge:22: it shows another host key than before";
    expect(commandsOf(cause({ ...met("host-key-changed", message), login: jumped }))[0]).toContain("-R 'edge'");
  });

  it("has an agent started where it is named and is not there", () => {
    expect(commandsOf(cause(met("agent-unavailable")))).toEqual(['eval "$(ssh-agent)"', "ssh-add"]);
    expect(commandsOf(cause({ ...met("agent-unavailable"), platform: "win32" }))[0]).toContain("Start-Service ssh-agent");
  });

  it("says what the agent and the files had to offer", () => {
    const found = cause({
      ...met("auth-rejected", "me@vps:2222 refused it"),
      login: { ...login, way: [{ ...hop, agent: { socket: "/s", keys: 2, names: ["work", "home"] } }] },
    });
    expect(found?.seen).toBe("me@vps:2222 refused it; there is /home/me/.ssh/id_ed25519 (usable), an agent with 2 keys (work, home)");
  });

  it("does not call a user guessed that an alias of ssh_config may have named", () => {
    const root = { ...hop, server: "me@203.0.113.7:2222" };
    const spec = plainLogin({ user: null, host: "vps", port: null });
    expect(cause({ ...met("auth-rejected"), spec, login: { ...login, way: [root] } })).toMatchObject({ code: "auth-rejected" });
    expect(cause({ ...met("auth-rejected"), spec })).toMatchObject({ code: "user-guessed" });
  });

  it("warns of a key that others can read, though it was accepted", () => {
    const open = { ...hop, identities: hop.identities.map((identity) => ({ ...identity, isTooOpen: true })) };
    expect(find({ login: { ...login, way: [open] } }, "authentication")).toMatchObject({ state: "warning", code: "key-too-open" });
  });
});

describe("what is behind the session", () => {
  it("finds the gateway on another port", () => {
    const found = [{ ...(listeners.found[0] as ListenersExamination["found"][number]), port: 19_001 }];
    const elsewhere = { forwards: [refused], listeners: { ...listeners, found, gatewayPort: 19_001, gatewaysElsewhere: [18_000, 19_001] } };
    expect(cause({ server: elsewhere })).toMatchObject({
      layer: "remote-listener",
      code: "gateway-elsewhere",
      seen: "the gateway listens on 19001, the tunnel goes to 18789",
    });
  });

  it("knows a gateway's port where the forward has but its name", () => {
    const named = { ...server, forwards: [{ ...forward, to: 'the port of the gateway "work"' }] };
    expect(find({ server: named }, "remote-listener")).toMatchObject({ seen: "127.0.0.1:18789: node (pid 7)" });
  });

  it("says of a key that may only forward what cannot be seen with it, and finds nothing broken", () => {
    const restricted = { ...server, listeners: { ...listeners, failure: failure("exec-refused"), found: [] } };
    expect(find({ server: restricted }, "remote-listener")).toMatchObject({ state: "unknown", code: "key-restricted" });
    expect(cause({ server: restricted })).toBeNull();
    expect(cause({ server: { ...restricted, forwards: [refused] } })?.seen).toContain("cannot be seen with this key");
  });

  it.each([
    ["gateway-hung", answering("gateway-hung"), "gateway-hung", "openclaw gateway restart"],
    ["a gateway that starts", answering("gateway-starting"), "gateway-starting", "clawtunnel wait openclaw"],
    ["a gateway that drains", answering("gateway-draining"), "gateway-draining", "clawtunnel wait openclaw"],
    ["a stranger", answering("gateway-not-there", 8080), "gateway-not-there", "--remote-port 18789"],
    ["a stranger in the gateway's own place", answering("gateway-not-there"), "gateway-not-there", "openclaw gateway start"],
    ["the browser control", answering("gateway-not-there", 18_791), "port-of-browser-control", "--remote-port 18789"],
    ["the sandbox", answering("gateway-not-there", 18_790), "port-of-sandbox", "--remote-port 18789"],
    ["a wrong token", answering("gateway-token-wrong"), "gateway-token-wrong", "openclaw gateway auth-token --show"],
    ["no token", answering("gateway-token-missing"), "gateway-token-missing", "openclaw gateway auth-token --show"],
  ] as const)("knows %s", (_what, answer, code, command) => {
    const found = cause({ server: answer });
    expect(found).toMatchObject({ code });
    expect(commandsOf(found).join("\n")).toContain(command);
  });

  it("warns of a gateway that is too old to say how it is", () => {
    const old = { ...server, forwards: [{ ...forward, health: { isOk: true, detail: "older", failure: null, gateway: "old" as const } }] };
    expect(find({ server: old }, "gateway")).toMatchObject({ state: "warning", code: "gateway-old" });
  });

  it("has the token's verdict from the tunnel, which asks seldom", () => {
    const deep = { state: "ok" as const, detail: "takes the token", protocol: 4, checkedAt: null };
    const status = tunnelStatus({ gateway: { version: null, startedAt: null, state: "live", deep } });
    expect(find({ deepToken: { kind: "keyring" }, status }, "token")).toMatchObject({ state: "ok", seen: "takes the token" });
    expect(find({ deepToken: { kind: "keyring" } }, "token")).toMatchObject({ state: "unknown" });
  });

  it("believes the tunnel where the daemon cannot look", () => {
    const status = tunnelStatus({ health: "degraded", failure: failureStatus("gateway-down", "the gateway is away") });
    expect(cause({ server: null, status })).toMatchObject({ layer: "gateway", code: "gateway-down" });
  });

  it.each([
    ["exposed", "warning"],
    ["findings", "warning"],
    ["clean", "ok"],
    ["unknown", "unknown"],
  ] as const)("tells that the last audit came to %s, and does not take it for broken", (verdict, state) => {
    const finding = { code: "listens-everywhere", severity: "critical", title: "it listens on 0.0.0.0" } as const;
    const exposure = { verdict, at: "2026-01-02T03:04:05.000Z", findings: [finding] };
    expect(find({ exposure }, "exposure")).toMatchObject({ state });
    expect(cause({ exposure })).toBeNull();
  });

  it("has the commands that close what is exposed", () => {
    const exposure = {
      verdict: "exposed" as const,
      at: since,
      findings: [{ code: "listens-everywhere", severity: "critical" as const, title: "it listens on 0.0.0.0" }],
    };
    expect(commandsOf(find({ exposure }, "exposure"))).toEqual(["clawtunnel audit openclaw", "clawtunnel harden openclaw"]);
  });

  it("blames the configuration on the server where that alone says the port, and cannot be read", () => {
    const configFailure = failure("gateway-config-unreadable", "the account may not read it");
    const auto = { ...refused, to: "the gateway's port" };
    const found = cause({ server: { forwards: [auto], listeners: { ...listeners, gatewayPort: null, configFailure } } });
    expect(found).toMatchObject({ layer: "remote-listener", code: "gateway-config-unreadable" });
    expect(found?.seen).toContain("the account may not read it");
    expect(cause({ server: { forwards: [refused], listeners: { ...listeners, gatewayPort: null, configFailure } } })).toMatchObject({
      code: "gateway-down",
    });
  });

  it("says what to type when no audit has looked", () => {
    expect(find({ exposure: null }, "exposure")).toMatchObject({
      state: "not-looked-at",
      seen: "not looked at yet: clawtunnel audit openclaw",
    });
  });
});
