import { judgePath } from "./judge-path.js";
import { type ProgramLooks, pathsOf, splitSearchPath } from "./looks.js";

/**
 * PATH for the service: that of the person who installs it, so that what a ProxyCommand names is found, without what belongs to one
 * shell session, what anybody could put a program into, and what depends on where one stands. The system's own folders come last.
 */
export function serviceSearchPath(path: string | undefined, looks: ProgramLooks): string {
  const { platform } = looks;
  const { delimiter, isAbsolute, parse, sep } = pathsOf(platform);
  const folders = new Map<string, string>();
  for (const written of [...splitSearchPath(path, platform), ...systemFolders(looks)]) {
    const folder = written.length > parse(written).root.length && written.endsWith(sep) ? written.slice(0, -1) : written;
    const key = platform === "win32" ? folder.toLowerCase() : folder;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no format of a service has a place for them
    if (folders.has(key) || !isAbsolute(folder) || /[\u0000-\u001f\u007f]/.test(folder)) continue;
    // A folder is judged as what stands in it.
    if (judgePath(`${folder}${sep}x`, looks).is === "fleeting") continue;
    const mode = looks.folderMode(folder);
    if (mode === undefined || (platform !== "win32" && (mode & 0o002) !== 0)) continue;
    folders.set(key, folder);
  }
  return [...folders.values()].join(delimiter);
}

function systemFolders({ platform, env }: ProgramLooks): string[] {
  const base = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];
  if (platform === "darwin") return ["/opt/homebrew/bin", ...base];
  if (platform !== "win32") return base;
  const root = env.SystemRoot ?? "C:\\Windows";
  return [`${root}\\System32`, root, `${root}\\System32\\Wbem`, `${root}\\System32\\WindowsPowerShell\\v1.0`, `${root}\\System32\\OpenSSH`];
}
