import type { LoginReport } from "../../ssh/examine/examine-login.js";

/** Something that a person may want to change. */
export interface Finding {
  readonly message: string;
  readonly hint: string | null;
}

/** What is there on this machine to speak SSH with. */
export interface Equipment {
  /** The system's ssh; null without. */
  readonly ssh: string | null;
  readonly nativeCrypto: boolean;
  /** Prompts of the system's ssh reach nobody without it. */
  readonly nodePty: boolean;
  readonly keyring: boolean;
}

/** What of a log-in is amiss. Pure. */
export function findingsOf(report: LoginReport): Finding[] {
  const { failure, warnings, notHonoured, notResolved, engine, way } = report;
  const by = engine === "openssh" ? "the system's ssh as it is run here" : "the ssh2 engine";
  const findings: Finding[] = [
    ...(failure === null ? [] : [{ message: failure.message, hint: failure.hint }]),
    ...notResolved.map((what) => ({
      message: `${what} of ssh_config is left out`,
      hint: "Only ssh itself can judge it: install OpenSSH's client.",
    })),
    ...notHonoured.map(({ keyword, values, where }) => ({
      message: `${keyword} ${values.join(", ")}${where === null ? "" : ` (${where})`} is not honoured by ${by}`,
      hint: engine === "ssh2" ? 'If it matters: `--engine openssh`, or "engine": "openssh" in the config.' : null,
    })),
    ...warnings.map((message) => ({ message, hint: null })),
    ...way.flatMap(({ alias, identities, agent }) =>
      identities.flatMap(({ path, state, inAgent }): Finding[] => {
        if (inAgent || state === "usable") return [];
        if (state === "encrypted")
          return [
            {
              message: `the identity ${path} is encrypted and not in the agent`,
              hint: `\`ssh-add ${path}\`, or answer for it in \`clawtunnel up\`.`,
            },
          ];
        const why =
          state === "public"
            ? `holds only a public key, and ${agent === null ? "there is no agent" : "the agent has not the other half"}`
            : whyOf[state];
        return [
          {
            message: `the identity ${path} for ${alias} ${why}`,
            hint: "Check the path, the permissions, and that the file is a private key.",
          },
        ];
      }),
    ),
    ...way.filter(hasNoKey).map(({ alias }) => ({
      message: `there is no key for ${alias}: no agent that holds one, and no key file`,
      hint: "Name one with -i, or add one to an agent; a password is asked for by `clawtunnel up`.",
    })),
  ];
  // One key may be for several hops.
  return [...new Map(findings.map((finding) => [finding.message, finding])).values()];
}

const whyOf = { missing: "is not there", unreadable: "cannot be read", "no-key": "is no key" } as const;

function hasNoKey({ identities, agent }: LoginReport["way"][number]): boolean {
  return identities.length === 0 && (agent?.keys ?? 0) === 0;
}
