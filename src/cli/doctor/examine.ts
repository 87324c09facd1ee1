import { createRequire } from "node:module";
import { formatEndpoint } from "../../base/address.js";
import { asFailure, type Failure } from "../../base/failure.js";
import { isGatewayForward } from "../../config/is-gateway-forward.js";
import type { Config } from "../../config/parse.js";
import type { Paths } from "../../config/paths.js";
import { loadConfig } from "../../config/store.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import { loadPty } from "../../ssh/openssh/process.js";
import { findSsh } from "../../ssh/resolve/ssh-program.js";
import { hasNativeCrypto } from "../../ssh/ssh2/algorithms.js";
import type { CliContext } from "../define-command.js";
import { examineService } from "../service/examine-service.js";
import { systemMachine } from "../service/machine.js";
import { causeOf, diagnose } from "./diagnose.js";
import type { Diagnosis, MachineLayer } from "./diagnosis.js";
import { examineTunnel, type Surroundings } from "./examine-tunnel.js";
import type { ConfigFacts } from "./facts.js";
import { findSubjects, type Subject } from "./find-subjects.js";
import { judgeConfig, judgeDaemon, judgeNoTunnel } from "./judge-daemon.js";
import { diagnoseMachine } from "./judge-machine.js";
import { type Equipment, type Finding, findingsOf } from "./login-findings.js";
import { lookAtApp } from "./look-at-app.js";
import { lookAtClient } from "./look-at-client.js";
import { lookAtDaemon } from "./look-at-daemon.js";
import type { DoctorReport, SubjectReport } from "./report.js";

/** Outages that are looked at for a habit. */
const outagesMax = 20;

/** Everything that `doctor` finds. `names` are tunnels or hosts; none means all tunnels. Throws `target-invalid` for what is neither. */
export async function examine(names: readonly string[], context: CliContext): Promise<DoctorReport> {
  const { paths, daemon, signal } = context;
  const { config, failure } = readConfig(paths);
  const [{ daemon: daemonFacts, tunnels: statuses }, client, equipment] = await Promise.all([
    lookAtDaemon(context),
    lookAtClient(process.env),
    lookAtEquipment(),
  ]);
  const subjects = await findSubjects(names, { config: failure === undefined ? config : undefined, statuses, daemon });
  const [service, history, isAppLocal] = await Promise.all([
    failure === undefined ? examineService(systemMachine(context), signal) : null,
    daemonFacts.state === "running" ? daemon.history({ outages: outagesMax }).catch(() => null) : null,
    lookAtApp(client, process.platform),
  ]);
  const inForce = daemonFacts.state === "running" ? daemonFacts.status.config.failure : null;
  const configFacts: ConfigFacts = { path: paths.configFile, failure: failure?.report() ?? inForce };
  const around: Surroundings = {
    daemon: daemonFacts,
    config: configFacts,
    history,
    isServiceInstalled: service?.name != null,
    isAppLocal,
    inTurn: oneAfterTheOther(),
  };
  const logins = await Promise.all(subjects.map((subject) => reportOn(subject, around, context)));
  const binds = [...config.tunnels.values()].flatMap(gatewayBinds);
  const machine = diagnoseMachine({ nodeVersion: process.version, hasNativeCrypto: equipment.nativeCrypto, client, gatewayBinds: binds });
  return {
    machine: { ...equipment, findings: machine.filter(({ state }) => state === "warning").map(asFinding), diagnoses: machine },
    service,
    diagnoses: subjects.some(({ isTunnel }) => isTunnel) || (subjects.length > 0 && failure === undefined) ? [] : diagnoseStart(around),
    logins,
  };
}

/** What is looked at where there is no tunnel. */
function diagnoseStart({ daemon, config }: Surroundings): Diagnosis[] {
  return [
    { layer: "daemon", ...judgeDaemon({ daemon, name: "", platform: process.platform }) },
    { layer: "config", ...judgeConfig({ config, status: null }) },
    ...(config.failure === null ? [{ layer: "tunnel" as const, ...judgeNoTunnel() }] : []),
  ];
}

async function reportOn(subject: Subject, around: Surroundings, context: CliContext): Promise<SubjectReport> {
  const facts = await examineTunnel(subject, around, context);
  const diagnoses = diagnose(facts);
  const isUp = facts.status?.phase === "up";
  return { name: subject.name, ...facts.login, findings: findingsOf(facts.login), diagnoses, cause: causeOf(diagnoses), isUp };
}

function asFinding({ seen, todo }: Diagnosis<MachineLayer>): Finding {
  return { message: seen, hint: todo.flatMap(({ commands }) => commands).join("; ") };
}

function readConfig({ configFile }: Paths): { readonly config: Config; readonly failure: Failure | undefined } {
  try {
    return { config: loadConfig(configFile), failure: undefined };
  } catch (error) {
    return { config: { file: {}, tunnels: new Map() }, failure: asFailure(error) };
  }
}

function gatewayBinds({ forwards }: TunnelSpec): string[] {
  return forwards.filter(isGatewayForward).map(({ bind }) => formatEndpoint(bind));
}

function oneAfterTheOther(): Surroundings["inTurn"] {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  };
}

async function lookAtEquipment(): Promise<Equipment> {
  const ssh = await findSsh();
  return {
    ssh: ssh?.path ?? null,
    nativeCrypto: hasNativeCrypto,
    nodePty: (await loadPty()) !== undefined,
    keyring: isInstalled("@napi-rs/keyring"),
  };
}

/** Found, not loaded: whether there is a keyring to talk to is another question. */
function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
