import { spawn } from "node:child_process";
import { Failure } from "../../base/failure.js";
import { errorText } from "../../base/system-error.js";

/** Some openers end at once, others with the browser that they started: after so long it is on its way. */
const settleMs = 2_000;

/** The words that open an address in the browser of this system; undefined where nobody could see one. No shell is in between. */
export function openerWords(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, url: string): readonly [string, ...string[]] | undefined {
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["rundll32.exe", "url.dll,FileProtocolHandler", url];
  if (env.DISPLAY || env.WAYLAND_DISPLAY || env.BROWSER) return ["xdg-open", url];
  return env.WSL_DISTRO_NAME ? ["wslview", url] : undefined;
}

/** Throws `browser-unavailable`. */
export async function openBrowser(url: string): Promise<void> {
  const words = openerWords(process.platform, process.env, url);
  if (words === undefined) throw new Failure("browser-unavailable", "there is no display for a browser here");
  const [file, ...args] = words;
  const child = spawn(file, args, { stdio: "ignore", detached: true, windowsHide: true });
  const failed = (why: string, cause?: unknown) => new Failure("browser-unavailable", `no browser could be opened: ${why}`, { cause });
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(resolve, settleMs);
    child.once("error", (error) => reject(failed(errorText(error), error)));
    child.once("exit", (code) => (code === 0 ? resolve() : reject(failed(`${file} ended with ${code ?? "a signal"}`))));
  }).finally(() => clearTimeout(timer));
  child.unref();
}
