import { Failure } from "../../base/failure.js";
import type { ServiceFacts, ServiceWishes } from "../facts.js";
import type { RunCommand } from "./run-command.js";

type ServiceUser = ServiceFacts["user"];

interface UserSources {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller. */
  readonly user: Omit<ServiceUser, "sid">;
  readonly run: RunCommand;
}

/**
 * Whom the daemon runs as: the caller; and for a service of the whole machine, which root installs, whoever became root by sudo.
 * Throws `service-unavailable` when that one's home cannot be found out.
 */
export async function findUser(scope: ServiceWishes["scope"], { platform, env, user, run }: UserSources): Promise<ServiceUser> {
  if (platform === "win32") return { ...user, sid: readSid((await run({ argv: ["whoami", "/user", "/fo", "csv", "/nh"] })).stdout) };
  const name = env.SUDO_USER;
  if (scope === "user" || user.uid !== 0 || !name || name === "root") return { ...user, sid: null };
  const asked =
    platform === "darwin"
      ? { argv: ["dscl", ".", "-read", `/Users/${name}`, "UniqueID", "NFSHomeDirectory"] }
      : { argv: ["getent", "passwd", name] };
  const { stdout } = await run(asked);
  const found = platform === "darwin" ? readDirectory(stdout) : readPasswd(stdout);
  if (found === undefined)
    throw new Failure("service-unavailable", `the home of ${name} cannot be found out: \`${asked.argv.join(" ")}\` does not tell it`);
  return { name, sid: null, ...found };
}

type Found = Pick<ServiceUser, "uid" | "home"> | undefined;

/** passwd(5): `name:password:uid:gid:comment:home:shell` */
function readPasswd(line: string): Found {
  const [, , uid, , , home] = line.split("\n")[0]?.split(":") ?? [];
  return uid && home && /^\d+$/.test(uid) ? { uid: Number(uid), home } : undefined;
}

/** dscl(1): `NFSHomeDirectory: /Users/me`, and a value with spaces on a line of its own. */
function readDirectory(text: string): Found {
  const home = /^NFSHomeDirectory:\s*(\/.*)$/m.exec(text)?.[1];
  const uid = /^UniqueID:\s*(\d+)$/m.exec(text)?.[1];
  return home !== undefined && uid !== undefined ? { uid: Number(uid), home } : undefined;
}

/** The security identifier in the answer of `whoami /user /fo csv /nh`. */
export function readSid(stdout: string): string | null {
  return /,"(S-1(?:-\d+)+)"\s*$/.exec(stdout)?.[1] ?? null;
}
