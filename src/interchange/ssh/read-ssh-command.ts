import type { TunnelEntry } from "../../config/schema.js";
import { readSshCommandLine, readSshHost, type SshProgram, type SshWord } from "../../ssh/command-line.js";
import { type LeftOut, lost, needless, shorten } from "../reading.js";
import { absolutePath, type Draft, finishDraft, newDraft, setOnce } from "./draft.js";
import { takeKeyword, takePort, takeUser } from "./keywords.js";
import { autosshReason, flagKeywords, lostFlags, lostOptions, needlessFlags, needlessOptions, optionKeywords } from "./reasons.js";

/** The words behind `ssh` or `autossh` as an entry of our config; a text says why they are none. `folder` is where relative paths begin. */
export function readSshCommand(
  program: SshProgram,
  words: readonly string[],
  folder: string,
): { readonly entry: TunnelEntry; readonly leftOut: readonly LeftOut[] } | string {
  const said = readSshCommandLine(program, words);
  if (typeof said === "string") return said;
  const noTunnel = said.find(
    (word) => (word.kind === "flag" && "GV".includes(word.letter)) || (word.kind === "option" && "OQ".includes(word.letter)),
  );
  if (noTunnel !== undefined && "letter" in noTunnel) return `with -${noTunnel.letter} ssh opens no tunnel`;
  const draft = newDraft(folder);
  for (const word of said) {
    const problem = takeWord(draft, program, word);
    if (problem !== undefined) return problem;
  }
  return draft.host === undefined ? "it names no host" : finishDraft(draft);
}

function takeWord(draft: Draft, program: SshProgram, word: SshWord): string | undefined {
  switch (word.kind) {
    case "host":
      return takeHost(draft, word.text);
    case "command":
      draft.leftOut.push(lost(shorten(word.words.join(" ")), "nothing is run on the server"));
      return undefined;
    case "flag":
      takeFlag(draft, program, word.letter);
      return undefined;
    case "option":
      takeOption(draft, program, word.letter, word.value);
      return undefined;
  }
}

function takeHost(draft: Draft, text: string): string | undefined {
  const read = readSshHost(text);
  if (read === undefined) return `"${text}" is not a host that ssh takes`;
  draft.host = read.host;
  if (read.user !== undefined) takeUser(draft, read.user, `${read.user}@`);
  if (read.port !== undefined) takePort(draft, read.port, `:${read.port}`);
  return undefined;
}

function takeFlag(draft: Draft, program: SshProgram, letter: string): void {
  const what = `-${letter}`;
  const keyword = flagKeywords[letter];
  if (letter === "g") draft.isGateway = true;
  else if (keyword !== undefined) draft.sshOptions.push(keyword);
  // autossh has taken -1 for itself: to give up when the first try fails.
  else if (program === "autossh" && letter === "1") draft.leftOut.push(lost(what, "a tunnel is never given up"));
  else if (lostFlags[letter] !== undefined) draft.leftOut.push(lost(what, lostFlags[letter]));
  else draft.leftOut.push(needless(what, needlessFlags[letter] ?? "it does nothing for a tunnel"));
}

const forwardLetters = { L: "local", R: "remote", D: "dynamic" } as const;

function takeOption(draft: Draft, program: SshProgram, letter: string, value: string): void {
  const what = `-${letter} ${value}`;
  const keyword = optionKeywords[letter];
  switch (letter) {
    case "L":
    case "R":
    case "D":
      draft.forwards.push({ kind: forwardLetters[letter], text: value, what });
      break;
    case "l":
      takeUser(draft, value, what);
      break;
    case "p":
      takePort(draft, value, what);
      break;
    case "i":
      draft.identities.push(absolutePath(draft, value));
      break;
    case "J":
      if (value === "none") draft.sshOptions.push("ProxyJump=none");
      else setOnce(draft, "jump", value.split(","), what);
      break;
    case "F":
      // An empty file is what `none` means.
      setOnce(draft, "sshConfig", value === "none" ? value : absolutePath(draft, value), what);
      break;
    case "o":
      takeKeyword(draft, value);
      break;
    case "M":
      draft.leftOut.push(needless(what, autosshReason));
      break;
    default:
      if (keyword !== undefined) draft.sshOptions.push(`${keyword}=${value}`);
      else if (needlessOptions[letter] !== undefined) draft.leftOut.push(needless(what, needlessOptions[letter]));
      else draft.leftOut.push(lost(what, lostOptions[letter] ?? `${program} does something with it that clawtunnel does not`));
  }
}
