import { type CommandResult, DemoHome, keyFile, knownHostsFile } from "./home.js";
import { Remote } from "./remote.js";
import { fetchText, fetchUntilAnswered, findFreePort } from "./visitor.js";

/** Who is told, line by line, what happens. */
export interface Narrator {
  answer(text: string): void;
}

const recoveryTimeoutMs = 8_000;
const greeting = "hello from behind the tunnel";
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Shows the whole life of a tunnel against an embedded SSH server, with the real command line and the real daemon, in a home
 * that is thrown away. True when every step did what it says. A signal ends it early, with the same clean-up.
 */
export async function runDemo(narrator: Narrator): Promise<boolean> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("interrupted"));
  for (const ending of endings) process.on(ending, interrupt);
  const cleanups: (() => Promise<void>)[] = [];
  let isGood = await attempt(narrator, () => play(narrator, cleanups, interrupted.signal));
  for (const cleanup of cleanups.reverse()) isGood = (await attempt(narrator, cleanup)) && isGood;
  for (const ending of endings) process.off(ending, interrupt);
  narrator.answer(isGood ? "\nThe daemon has ended and the demo's folder is removed: nothing is left behind." : "\nThe demo failed.");
  return isGood;
}

async function attempt(narrator: Narrator, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    narrator.answer(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function play(narrator: Narrator, cleanups: (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
  const say = (text: string) => {
    signal.throwIfAborted();
    narrator.answer(text);
  };
  const home = new DemoHome();
  cleanups.push(() => home.dispose());
  const remote = await Remote.start(home.publicKey);
  cleanups.push(() => remote.close());
  const { sshPort, gatewayPort, hostKeyPublic } = remote.ports;
  home.trust(sshPort, hostKeyPublic);
  const localPort = await findFreePort();
  const url = `http://127.0.0.1:${localPort}/hello`;

  const run = async (...words: string[]) => {
    say(`$ clawtunnel ${words.join(" ")}`);
    const result = await home.run(words);
    if (result.text !== "") say(result.text.trimEnd());
    check(result.exitCode === 0, `clawtunnel ${words[0]} ended with exit code ${result.exitCode}`);
    return result;
  };

  say(`# 127.0.0.1:${sshPort} is an SSH server made for this demo; a gateway on its port ${gatewayPort} can be reached only through it.`);
  const forward = `${localPort}:127.0.0.1:${gatewayPort}`;
  const options = ["-L", forward, "--preset", "openclaw", "-i", keyFile, "-o", `UserKnownHostsFile=${knownHostsFile}`, "--name", "demo"];
  expectText(await run("up", `demo@127.0.0.1:${sshPort}`, ...options), "verified");

  say(`\n# The gateway answers on this machine:\n$ curl ${url}`);
  const before = (await fetchText(url)).trimEnd();
  say(before);
  check(before === greeting, `the gateway did not answer "${greeting}"`);

  say("\n# Now the server drops the SSH session, without a word.");
  const cutAtMs = performance.now();
  check((await remote.cut()) > 0, "there was no SSH session to drop");
  say(`$ curl ${url}`);
  const after = (await fetchUntilAnswered(url, recoveryTimeoutMs, signal)).trimEnd();
  const tookMs = Math.round(performance.now() - cutAtMs);
  say(`${after}\n# Answered ${tookMs} ms after the session was dropped.`);
  check(after === greeting, `the gateway did not answer "${greeting}"`);

  say("");
  await run("wait", "demo", "--timeout", "10");
  expectText(await run("status"), "verified");
  check((await home.reconnects("demo")) >= 1, "status counts no reconnect");

  say("");
  await run("down", "demo");
  const isClosed = await fetchText(url).then(
    () => false,
    () => true,
  );
  check(isClosed, "the local address still answers after `down`");
}

function expectText({ text }: CommandResult, wanted: string): void {
  check(text.includes(wanted), `it does not say "${wanted}"`);
}

function check(isRight: boolean, problem: string): void {
  if (!isRight) throw new Error(problem);
}
