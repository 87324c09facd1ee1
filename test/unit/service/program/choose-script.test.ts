import { describe, expect, it } from "vitest";
import { chooseProgram } from "../../../../src/service/program/choose-program.js";
import { chooseScript } from "../../../../src/service/program/choose-script.js";
import { fakeMachine, type Layout } from "../../../support/fake-machine.js";

const script = "/dist/daemon/clawtunnel-daemon.js";
const onWindows = script.replaceAll("/", "\\");

/** `folder` is the package's with links followed; `takes` is the folder whose script is taken. */
interface Case extends Layout {
  readonly trap: string;
  readonly folder: string;
  readonly takes: string;
  readonly warns?: string;
}

const nvmFolder = "/home/me/.nvm/versions/node/v22.1.0/lib/node_modules/clawtunnel";
const cases: Case[] = [
  { trap: "npm's global folder", folder: "/usr/local/lib/node_modules/clawtunnel", takes: "/usr/local/lib/node_modules/clawtunnel" },
  {
    trap: "a prefix of one's own",
    folder: "/home/me/.npm-global/lib/node_modules/clawtunnel",
    takes: "/home/me/.npm-global/lib/node_modules/clawtunnel",
  },
  {
    trap: "pnpm's global folder, whose real one has the version in its name",
    folder: "/home/me/.local/share/pnpm/global/5/.pnpm/clawtunnel@0.1.0/node_modules/clawtunnel",
    links: {
      "/home/me/.local/share/pnpm/global/5/node_modules/clawtunnel":
        "/home/me/.local/share/pnpm/global/5/.pnpm/clawtunnel@0.1.0/node_modules/clawtunnel",
    },
    files: ["/home/me/.local/share/pnpm/global/5/package.json"],
    takes: "/home/me/.local/share/pnpm/global/5/node_modules/clawtunnel",
  },
  {
    trap: "a store of pnpm's that no link of its leads to",
    folder: "/home/me/.local/share/pnpm/store/v11/links/@/clawtunnel/0.1.0/1f/node_modules/clawtunnel",
    takes: "/home/me/.local/share/pnpm/store/v11/links/@/clawtunnel/0.1.0/1f/node_modules/clawtunnel",
    warns: "(pnpm)",
  },
  {
    trap: "yarn's global folder, which has a package.json like a project",
    folder: "/home/me/.config/yarn/global/node_modules/clawtunnel",
    files: ["/home/me/.config/yarn/global/package.json"],
    takes: "/home/me/.config/yarn/global/node_modules/clawtunnel",
  },
  {
    trap: "a formula of Homebrew",
    platform: "darwin",
    folder: "/opt/homebrew/Cellar/clawtunnel/0.1.0/libexec/lib/node_modules/clawtunnel",
    links: { "/opt/homebrew/opt/clawtunnel": "/opt/homebrew/Cellar/clawtunnel/0.1.0" },
    takes: "/opt/homebrew/opt/clawtunnel/libexec/lib/node_modules/clawtunnel",
  },
  {
    trap: "beside a versioned node of Homebrew, where the link would lead to a folder without it after an upgrade",
    platform: "darwin",
    folder: "/opt/homebrew/Cellar/node@22/22.1.0/lib/node_modules/clawtunnel",
    links: { "/opt/homebrew/opt/node@22": "/opt/homebrew/Cellar/node@22/22.1.0" },
    takes: "/opt/homebrew/Cellar/node@22/22.1.0/lib/node_modules/clawtunnel",
    warns: "(Homebrew)",
  },
  { trap: "nvm's folder of one version", folder: nvmFolder, takes: nvmFolder, warns: "(nvm)" },
  {
    trap: "beside a node of mise, whose link moves on without it",
    folder: "/home/me/.local/share/mise/installs/node/22.1.0/lib/node_modules/clawtunnel",
    links: { "/home/me/.local/share/mise/installs/node/22": "/home/me/.local/share/mise/installs/node/22.1.0" },
    takes: "/home/me/.local/share/mise/installs/node/22.1.0/lib/node_modules/clawtunnel",
    warns: "(mise)",
  },
  {
    trap: "mise's own package of it",
    folder: "/home/me/.local/share/mise/installs/npm-clawtunnel/0.1.0/lib/node_modules/clawtunnel",
    links: { "/home/me/.local/share/mise/installs/npm-clawtunnel/latest": "/home/me/.local/share/mise/installs/npm-clawtunnel/0.1.0" },
    takes: "/home/me/.local/share/mise/installs/npm-clawtunnel/latest/lib/node_modules/clawtunnel",
  },
  {
    trap: "a package of volta, whose folder has no version",
    folder: "/home/me/.volta/tools/image/packages/clawtunnel/lib/node_modules/clawtunnel",
    takes: "/home/me/.volta/tools/image/packages/clawtunnel/lib/node_modules/clawtunnel",
  },
  {
    trap: "a store of nix, kept by the user's profile",
    folder: "/nix/store/9x-clawtunnel-0.1.0/lib/node_modules/clawtunnel",
    links: { "/home/me/.nix-profile/lib": "/nix/store/9x-clawtunnel-0.1.0/lib" },
    takes: "/home/me/.nix-profile/lib/node_modules/clawtunnel",
  },
  { trap: "a working copy", folder: "/home/me/src/clawtunnel", takes: "/home/me/src/clawtunnel", warns: "the working copy" },
  {
    trap: "a dependency of a project",
    folder: "/home/me/app/node_modules/clawtunnel",
    files: ["/home/me/app/package.json"],
    takes: "/home/me/app/node_modules/clawtunnel",
    warns: "the project /home/me/app",
  },
  {
    trap: "npm's global folder on Windows",
    platform: "win32",
    folder: "C:\\Users\\me\\AppData\\Roaming\\npm\\node_modules\\clawtunnel",
    takes: "C:\\Users\\me\\AppData\\Roaming\\npm\\node_modules\\clawtunnel",
  },
  {
    trap: "nvm-windows, whose link moves to a version without it",
    platform: "win32",
    env: { NVM_SYMLINK: "C:\\nvm4w\\nodejs" },
    links: { "C:\\nvm4w\\nodejs": "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0" },
    folder: "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0\\node_modules\\clawtunnel",
    takes: "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0\\node_modules\\clawtunnel",
    warns: "(nvm)",
  },
];

const end = (platform?: NodeJS.Platform) => (platform === "win32" ? onWindows : script);

describe("the service's script is right with", () => {
  it.each(cases)("$trap", ({ folder, takes, warns, ...layout }) => {
    const machine = fakeMachine({ ...layout, files: [...(layout.files ?? []), folder + end(layout.platform)] });
    const { path, warnings } = chooseScript(folder, machine);
    expect(path).toBe(takes + end(layout.platform));
    expect(warnings).toEqual(warns === undefined ? [] : [expect.stringContaining(warns)]);
  });
});

describe("a clawtunnel that will not stay is not written into a service", () => {
  it.each<[folder: string, why: string, platform: NodeJS.Platform]>([
    ["/home/me/.npm/_npx/1a2b/node_modules/clawtunnel", "a cache that is cleaned", "linux"],
    ["C:\\Users\\me\\AppData\\Local\\npm-cache\\_npx\\1a\\node_modules\\clawtunnel", "a cache that is cleaned", "win32"],
    ["/home/me/.cache/pnpm/dlx/1a/1b/node_modules/.pnpm/clawtunnel@0.1.0/node_modules/clawtunnel", "fetched anew", "linux"],
    ["/private/tmp/xfs-1a/dlx-77/node_modules/clawtunnel", "that folder is emptied", "darwin"],
    ["/tmp/clawtunnel", "that folder is emptied", "linux"],
    ["/nix/store/9x-clawtunnel-0.1.0/lib/node_modules/clawtunnel", "garbage collection", "linux"],
  ])("%s", (folder, why, platform) => {
    const machine = fakeMachine({ platform, files: [folder + end(platform)] });
    expect(() => chooseScript(folder, machine)).toThrowError(
      expect.objectContaining({
        code: "program-unstable",
        message: expect.stringContaining(why),
        hint: expect.stringContaining("npm install --global clawtunnel"),
      }),
    );
  });

  it("nor one that is not built", () => {
    const machine = fakeMachine({ files: ["/home/me/src/clawtunnel/package.json"] });
    expect(() => chooseScript("/home/me/src/clawtunnel", machine)).toThrowError("there is no /home/me/src/clawtunnel/dist/daemon");
  });
});

describe("node and clawtunnel together", () => {
  const nvmNode = "/home/me/.nvm/versions/node/v22.1.0/bin/node";

  it("are told of in one sentence when they go with the same version", async () => {
    const machine = fakeMachine({ nodes: { [nvmNode]: "22.1.0" }, files: [nvmFolder + script] });
    const { node, script: chosen, warnings, nodeOptions } = await chooseProgram({ execPath: nvmNode, folder: nvmFolder }, machine);
    expect([node, chosen]).toEqual([nvmNode, nvmFolder + script]);
    expect(warnings).toEqual([expect.stringContaining("/home/me/.nvm/versions/node/v22.1.0 (nvm)")]);
    expect(nodeOptions).not.toEqual([]);
  });

  it("are told of when they belong to two installs of node", async () => {
    const machine = fakeMachine({ path: ["/usr/bin"], nodes: { "/usr/bin/node": "24.0.0" }, files: [nvmFolder + script] });
    const { warnings } = await chooseProgram({ execPath: "/usr/bin/node", folder: nvmFolder }, machine);
    expect(warnings).toEqual([expect.stringContaining("(nvm)"), expect.stringContaining("two installs of node")]);
  });
});
