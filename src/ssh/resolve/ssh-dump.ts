/** What `ssh -G` says: each keyword of ssh_config(5) in lower case, with its values in the order in which they hold. */
export type SshDump = ReadonlyMap<string, readonly string[]>;

/** Keywords that OpenSSH before 8.5 and 8.7 printed under other names. */
const formerNames: Readonly<Record<string, string>> = {
  pubkeyacceptedkeytypes: "pubkeyacceptedalgorithms",
  hostbasedkeytypes: "hostbasedacceptedalgorithms",
  challengeresponseauthentication: "kbdinteractiveauthentication",
};

/** Reads what `ssh -G` prints: a keyword and its value a line. */
export function readSshDump(text: string): SshDump {
  const values = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, keyword = "", value = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    if (keyword === "") continue;
    const key = currentName(keyword);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  const dynamic = values.get("dynamicforward")?.filter((value) => !isEcho(value, values.get("localforward") ?? [])) ?? [];
  if (dynamic.length > 0) values.set("dynamicforward", dynamic);
  else values.delete("dynamicforward");
  return values;
}

/** OpenSSH (9.2 for one) prints the bind of a LocalForward to a unix socket once more, as a DynamicForward that nobody wrote. */
function isEcho(dynamic: string, locals: readonly string[]): boolean {
  return locals.some((local) => local.startsWith(`${dynamic} /`));
}

/** A keyword as this OpenSSH's `ssh -G` would print it: in lower case, by its present name. */
export function currentName(keyword: string): string {
  const key = keyword.toLowerCase();
  return formerNames[key] ?? key;
}

/** What a dump says beyond this ssh's defaults: what somebody said, in a file or on a command line. */
export function saidBeyond(dump: SshDump, defaults: SshDump): SshDump {
  return new Map([...dump].filter(([key, values]) => values.join("\n") !== (defaults.get(key) ?? []).join("\n")));
}
