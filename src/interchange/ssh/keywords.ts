import { parsePort } from "../../base/address.js";
import { readSshOption, splitSshWords } from "../../config/ssh-option.js";
import { lost, needless } from "../reading.js";
import { absolutePath, type Draft, setOnce } from "./draft.js";
import { type ForwardKind, joinForwardValue } from "./forward-text.js";
import { lostKeywords, needlessKeywords, noWhereLost } from "./reasons.js";

const forwardKeywords: ReadonlyMap<string, ForwardKind> = new Map([
  ["localforward", "local"],
  ["remoteforward", "remote"],
  ["dynamicforward", "dynamic"],
]);

/** One `-o Key=Value` into the draft: as a setting of ours where there is one, else as it is. */
export function takeKeyword(draft: Draft, text: string): void {
  const option = readSshOption(text);
  const what = `-o ${text}`;
  if (option === undefined) {
    draft.leftOut.push(lost(what, "it is not Key=Value"));
    return;
  }
  const { key } = option;
  const value = unquote(option.value);
  const isNo = /^(?:no|none|false)$/i.test(value);
  const [kind, needlessWhy, lostWhy] = [forwardKeywords.get(key), needlessKeywords.get(key), lostKeywords.get(key)];
  if (kind !== undefined) draft.forwards.push({ kind, text: joinForwardValue(value), what });
  else if (needlessWhy !== undefined) draft.leftOut.push(needless(what, needlessWhy));
  else if (lostWhy !== undefined)
    draft.leftOut.push(isNo && noWhereLost.has(key) ? needless(what, "it is so in any case") : lost(what, lostWhy));
  else if (!takeSetting(draft, key, value, option.value, what)) draft.sshOptions.push(text.trim());
}

/** Whether our config has a setting for it, and can hold this value. */
function takeSetting(draft: Draft, key: string, value: string, quoted: string, what: string): boolean {
  const seconds = /^\d{1,6}$/.test(value) ? Number(value) : undefined;
  switch (key) {
    case "user":
      takeUser(draft, value, what);
      return true;
    case "port":
      takePort(draft, value, what);
      return true;
    case "identityfile":
      if (value === "none") return false;
      draft.identities.push(absolutePath(draft, value));
      return true;
    case "proxyjump":
      if (value === "none") return false;
      setOnce(draft, "jump", value.split(","), what);
      return true;
    case "gatewayports":
      draft.isGateway ||= !/^(?:no|false)$/i.test(value);
      return true;
    case "userknownhostsfile":
      setOnce(draft, "knownHosts", fileList(draft, quoted), what);
      return true;
    case "globalknownhostsfile":
      setOnce(draft, "globalKnownHosts", fileList(draft, quoted), what);
      return true;
    case "connecttimeout":
      if (!seconds || seconds > 86_400) return false;
      setOnce(draft, "connectTimeoutMs", seconds * 1000, what);
      return true;
    case "serveraliveinterval":
      if (seconds === 0) draft.leftOut.push(lost(what, "a silent server is always noticed; ask it seldom with keepaliveIntervalMs"));
      else if (seconds === undefined || seconds > 86_400) return false;
      else setOnce(draft, "keepaliveIntervalMs", seconds * 1000, what);
      return true;
    case "serveralivecountmax":
      if (!seconds || seconds > 100) return false;
      setOnce(draft, "keepaliveCountMax", seconds, what);
      return true;
    default:
      return false;
  }
}

export function takeUser(draft: Draft, user: string, what: string): void {
  if (draft.user === undefined) draft.user = user;
  else draft.leftOut.push(needless(what, "ssh takes the first of several"));
}

export function takePort(draft: Draft, text: string, what: string): void {
  const port = parsePort(text);
  if (draft.port !== undefined) draft.leftOut.push(needless(what, "ssh takes the first of several"));
  else if (Number.isNaN(port)) draft.leftOut.push(lost(what, "it is not a number"));
  else draft.port = port;
}

function unquote(value: string): string {
  return /^"([^"]*)"$/.exec(value)?.[1] ?? value;
}

/** Several files with blanks between, each in quotes where it holds one itself. `none` is no file. */
function fileList(draft: Draft, text: string): string[] {
  return splitSshWords(text)
    .filter((path) => path !== "none")
    .map((path) => absolutePath(draft, path));
}
