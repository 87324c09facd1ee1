import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chooseNode } from "../../../../src/service/program/choose-node.js";
import { isNodeNewEnough, oldestNode } from "../../../../src/service/program/node-version.js";
import { fakeMachine, type Layout } from "../../../support/fake-machine.js";

/** `runs` is process.execPath: the real path but on Windows. */
interface Case extends Layout {
  readonly trap: string;
  readonly runs: string;
  readonly takes: string;
  /** A word of its only warning. */
  readonly warns?: string;
}

const cellar = "/opt/homebrew/Cellar/node/24.1.0/bin/node";
const nvm = "/home/me/.nvm/versions/node/v22.1.0/bin/node";
const fnm = "/home/me/.local/share/fnm/node-versions/v22.1.0/installation";
const store = "/nix/store/0c1y2-nodejs-22.1.0/bin/node";
const image = "/home/me/.volta/tools/image/node/22.1.0/bin/node";

const linux: Case[] = [
  { trap: "the system's own", path: ["/usr/bin"], nodes: { "/usr/bin/node": "20.19.0" }, runs: "/usr/bin/node", takes: "/usr/bin/node" },
  {
    trap: "a link of the alternatives system, which is kept",
    path: ["/usr/bin"],
    nodes: { "/usr/bin/nodejs": "20.19.0" },
    links: { "/usr/bin/node": "/etc/alternatives/node", "/etc/alternatives/node": "/usr/bin/nodejs" },
    runs: "/usr/bin/nodejs",
    takes: "/usr/bin/node",
  },
  {
    trap: "another node first on PATH, which is not the one that runs",
    path: ["/usr/bin", "/usr/local/bin"],
    nodes: { "/usr/bin/node": "24.0.0", "/usr/local/bin/node": "22.0.0" },
    runs: "/usr/local/bin/node",
    takes: "/usr/local/bin/node",
  },
  { trap: "nvm, which has no stable link", path: [nvm.slice(0, -5)], nodes: { [nvm]: "22.1.0" }, runs: nvm, takes: nvm, warns: "(nvm)" },
  {
    trap: "a link to nvm's that somebody made in a folder of the system",
    path: [nvm.slice(0, -5), "/usr/local/bin"],
    nodes: { [nvm]: "22.1.0" },
    links: { "/usr/local/bin/node": nvm },
    runs: nvm,
    takes: "/usr/local/bin/node",
  },
  {
    trap: "fnm's folder of a shell session, whose default alias is the same",
    path: ["/run/user/1000/fnm_multishells/7_1/bin"],
    nodes: { [`${fnm}/bin/node`]: "22.1.0" },
    links: {
      "/run/user/1000/fnm_multishells/7_1": fnm,
      "/home/me/.local/share/fnm/aliases/default": fnm,
    },
    runs: `${fnm}/bin/node`,
    takes: "/home/me/.local/share/fnm/aliases/default/bin/node",
  },
  {
    trap: "fnm's folder of a shell session, whose default alias is another version",
    path: ["/home/me/.local/state/fnm_multishells/7_1/bin"],
    nodes: { [`${fnm}/bin/node`]: "22.1.0", "/home/me/.local/share/fnm/node-versions/v18.0.0/installation/bin/node": "18.0.0" },
    links: {
      "/home/me/.local/state/fnm_multishells/7_1": fnm,
      "/home/me/.local/share/fnm/aliases/default": "/home/me/.local/share/fnm/node-versions/v18.0.0/installation",
    },
    runs: `${fnm}/bin/node`,
    takes: `${fnm}/bin/node`,
    warns: "(fnm)",
  },
  {
    trap: "volta, whose shim would start node as its child",
    path: ["/home/me/.volta/bin"],
    nodes: { [image]: "22.1.0", "/home/me/.volta/bin/volta-shim": "22.1.0" },
    links: { "/home/me/.volta/bin/node": "/home/me/.volta/bin/volta-shim" },
    runs: image,
    takes: image,
    warns: "(volta)",
  },
  {
    trap: "asdf's shim",
    path: ["/home/me/.asdf/shims"],
    nodes: { "/home/me/.asdf/installs/nodejs/22.1.0/bin/node": "22.1.0", "/home/me/.asdf/shims/node": "22.1.0" },
    runs: "/home/me/.asdf/installs/nodejs/22.1.0/bin/node",
    takes: "/home/me/.asdf/installs/nodejs/22.1.0/bin/node",
    warns: "(asdf)",
  },
  {
    trap: "mise, which links the major version to its newest",
    path: ["/home/me/.local/share/mise/installs/node/22.1.0/bin"],
    nodes: { "/home/me/.local/share/mise/installs/node/22.1.0/bin/node": "22.1.0" },
    links: { "/home/me/.local/share/mise/installs/node/22": "/home/me/.local/share/mise/installs/node/22.1.0" },
    runs: "/home/me/.local/share/mise/installs/node/22.1.0/bin/node",
    takes: "/home/me/.local/share/mise/installs/node/22/bin/node",
  },
  {
    trap: "nodenv's shim",
    path: ["/home/me/.nodenv/shims"],
    nodes: { "/home/me/.nodenv/versions/22.1.0/bin/node": "22.1.0" },
    runs: "/home/me/.nodenv/versions/22.1.0/bin/node",
    takes: "/home/me/.nodenv/versions/22.1.0/bin/node",
    warns: "(nodenv)",
  },
  {
    trap: "a snap, whose command moves what it starts into another cgroup",
    path: ["/snap/bin"],
    nodes: { "/snap/node/9123/bin/node": "22.1.0", "/usr/bin/snap": null },
    links: { "/snap/bin/node": "/usr/bin/snap", "/snap/node/current": "/snap/node/9123" },
    runs: "/snap/node/9123/bin/node",
    takes: "/snap/node/current/bin/node",
  },
  {
    trap: "Homebrew on Linux, called by its versioned name",
    nodes: { "/home/linuxbrew/.linuxbrew/Cellar/node@20/20.19.1/bin/node": "20.19.1" },
    links: { "/home/linuxbrew/.linuxbrew/opt/node@20": "/home/linuxbrew/.linuxbrew/Cellar/node@20/20.19.1" },
    runs: "/home/linuxbrew/.linuxbrew/Cellar/node@20/20.19.1/bin/node",
    takes: "/home/linuxbrew/.linuxbrew/opt/node@20/bin/node",
  },
  {
    trap: "a store of nix, kept by the user's profile",
    path: ["/nix/store/0c1y2-nodejs-22.1.0/bin"],
    nodes: { [store]: "22.1.0" },
    links: { "/home/me/.nix-profile": "/nix/store/0c1y2-nodejs-22.1.0" },
    runs: store,
    takes: "/home/me/.nix-profile/bin/node",
  },
  {
    trap: "a nix-shell, whose node nothing keeps, beside one of the system",
    path: ["/nix/store/0c1y2-nodejs-22.1.0/bin"],
    nodes: { [store]: "22.1.0", "/run/current-system/sw/bin/node": "20.19.0" },
    runs: store,
    takes: "/run/current-system/sw/bin/node",
    warns: "garbage collection",
  },
  {
    trap: "the node of a package, which npx brought along, beside an old and a new one of the system",
    path: ["/home/me/.npm/_npx/1a2b/node_modules/.bin", "/usr/bin", "/usr/local/bin"],
    nodes: {
      "/home/me/.npm/_npx/1a2b/node_modules/node/bin/node": "24.1.0",
      "/usr/bin/node": "18.19.0",
      "/usr/local/bin/node": "20.19.0",
    },
    links: { "/home/me/.npm/_npx/1a2b/node_modules/.bin/node": "/home/me/.npm/_npx/1a2b/node_modules/node/bin/node" },
    runs: "/home/me/.npm/_npx/1a2b/node_modules/node/bin/node",
    takes: "/usr/local/bin/node",
    warns: "the service runs /usr/local/bin/node (20.19.0)",
  },
  {
    trap: "a node that was unpacked in a temporary folder, and a good name that leads there",
    path: ["/home/me/bin", "/usr/bin"],
    nodes: { "/tmp/n/bin/node": "24.1.0", "/usr/bin/node": "22.0.0" },
    links: { "/home/me/bin/node": "/tmp/n/bin/node" },
    runs: "/tmp/n/bin/node",
    takes: "/usr/bin/node",
    warns: "emptied",
  },
  {
    trap: "a temporary folder that is the home folder",
    nodes: { "/home/me/node/bin/node": "22.0.0" },
    tempFolders: ["/home/me/"],
    runs: "/home/me/node/bin/node",
    takes: "/home/me/node/bin/node",
  },
  {
    trap: "an archive that was unpacked, with its version in the folder's name",
    nodes: { "/opt/node-v22.1.0-linux-x64/bin/node": "22.1.0" },
    runs: "/opt/node-v22.1.0-linux-x64/bin/node",
    takes: "/opt/node-v22.1.0-linux-x64/bin/node",
    warns: "one version of node and",
  },
  {
    trap: "a home folder that looks like a version",
    home: "/home/v1.2.3",
    nodes: { "/home/v1.2.3/node/bin/node": "22.1.0" },
    runs: "/home/v1.2.3/node/bin/node",
    takes: "/home/v1.2.3/node/bin/node",
  },
  {
    trap: "a relative and an empty folder in PATH",
    path: ["", ".", "bin", "/usr/bin"],
    nodes: { "/usr/bin/node": "22.1.0", "bin/node": "22.1.0", node: "22.1.0" },
    runs: "/usr/bin/node",
    takes: "/usr/bin/node",
  },
  {
    trap: "a name that systemd refuses, with another one that it takes",
    path: ["/home/me/it's/bin", "/usr/local/bin"],
    nodes: { "/usr/lib/node/bin/node": "22.1.0" },
    links: { "/home/me/it's": "/usr/lib/node", "/usr/local/bin/node": "/usr/lib/node/bin/node" },
    runs: "/usr/lib/node/bin/node",
    takes: "/usr/local/bin/node",
  },
];

const macos: Case[] = [
  {
    trap: "Homebrew, kept unresolved",
    path: ["/opt/homebrew/bin"],
    nodes: { [cellar]: "24.1.0" },
    links: { "/opt/homebrew/bin/node": cellar },
    runs: cellar,
    takes: "/opt/homebrew/bin/node",
  },
  {
    trap: "Homebrew's versioned formula, which is not linked into its bin",
    path: ["/opt/homebrew/opt/node@22/bin"],
    nodes: { "/opt/homebrew/Cellar/node@22/22.1.0_1/bin/node": "22.1.0" },
    links: { "/opt/homebrew/opt/node@22": "/opt/homebrew/Cellar/node@22/22.1.0_1" },
    runs: "/opt/homebrew/Cellar/node@22/22.1.0_1/bin/node",
    takes: "/opt/homebrew/opt/node@22/bin/node",
  },
  {
    trap: "Homebrew by its versioned name, without any link",
    nodes: { [cellar]: "24.1.0" },
    runs: cellar,
    takes: cellar,
    warns: "(Homebrew)",
  },
  {
    trap: "fnm's folder of a shell session in macOS's place for it",
    path: ["/Users/me/Library/Caches/fnm_multishells/9_2/bin"],
    nodes: { "/Users/me/Library/Application Support/fnm/node-versions/v22.1.0/installation/bin/node": "22.1.0" },
    links: {
      "/Users/me/Library/Caches/fnm_multishells/9_2": "/Users/me/Library/Application Support/fnm/node-versions/v22.1.0/installation",
      "/Users/me/Library/Application Support/fnm/aliases/default":
        "/Users/me/Library/Application Support/fnm/node-versions/v22.1.0/installation",
    },
    runs: "/Users/me/Library/Application Support/fnm/node-versions/v22.1.0/installation/bin/node",
    takes: "/Users/me/Library/Application Support/fnm/aliases/default/bin/node",
  },
  {
    trap: "a temporary folder under its other name",
    path: ["/usr/local/bin"],
    nodes: { "/private/var/folders/x1/T/n/bin/node": "24.1.0", "/usr/local/bin/node": "22.1.0" },
    tempFolders: ["/var/folders/x1/T/"],
    runs: "/private/var/folders/x1/T/n/bin/node",
    takes: "/usr/local/bin/node",
    warns: "emptied",
  },
  {
    trap: "the pkg of nodejs.org",
    path: ["/usr/local/bin"],
    nodes: { "/usr/local/bin/node": "22.1.0" },
    runs: "/usr/local/bin/node",
    takes: "/usr/local/bin/node",
  },
].map((row) => ({ ...row, platform: "darwin" as const }));

const windows: Case[] = [
  {
    trap: "the installer of nodejs.org, in another spelling",
    path: ["C:\\WINDOWS\\system32", '"C:\\Program Files\\nodejs\\"'],
    nodes: { "C:\\Program Files\\nodejs\\node.exe": "22.1.0" },
    runs: "C:\\Program Files\\nodejs\\node.exe",
    takes: "C:\\Program Files\\nodejs\\node.exe",
  },
  {
    trap: "nvm-windows, whose link is on PATH",
    path: ["C:\\nvm4w\\nodejs"],
    nodes: { "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0\\node.exe": "22.1.0" },
    links: { "C:\\nvm4w\\nodejs": "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0" },
    runs: "C:\\nvm4w\\nodejs\\node.exe",
    takes: "C:\\nvm4w\\nodejs\\node.exe",
  },
  {
    trap: "nvm-windows by the name of its version",
    env: { NVM_SYMLINK: "C:\\nvm4w\\nodejs" },
    nodes: { "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0\\node.exe": "22.1.0" },
    links: { "C:\\nvm4w\\nodejs": "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0" },
    runs: "C:\\Users\\me\\AppData\\Local\\nvm\\v22.1.0\\node.exe",
    takes: "C:\\nvm4w\\nodejs\\node.exe",
  },
  {
    trap: "fnm's folder of a shell session",
    path: ["C:\\Users\\me\\AppData\\Local\\fnm_multishells\\7_1"],
    nodes: { "C:\\Users\\me\\AppData\\Roaming\\fnm\\node-versions\\v22.1.0\\installation\\node.exe": "22.1.0" },
    links: {
      "C:\\Users\\me\\AppData\\Local\\fnm_multishells\\7_1": "C:\\Users\\me\\AppData\\Roaming\\fnm\\node-versions\\v22.1.0\\installation",
      "C:\\Users\\me\\AppData\\Roaming\\fnm\\aliases\\default":
        "C:\\Users\\me\\AppData\\Roaming\\fnm\\node-versions\\v22.1.0\\installation",
    },
    runs: "C:\\Users\\me\\AppData\\Local\\fnm_multishells\\7_1\\node.exe",
    takes: "C:\\Users\\me\\AppData\\Roaming\\fnm\\aliases\\default\\node.exe",
  },
  {
    trap: "volta's shim",
    path: ["C:\\Program Files\\Volta\\"],
    nodes: {
      "C:\\Users\\me\\AppData\\Local\\Volta\\tools\\image\\node\\22.1.0\\node.exe": "22.1.0",
      "C:\\Program Files\\Volta\\node.exe": "22.1.0",
    },
    runs: "C:\\Users\\me\\AppData\\Local\\Volta\\tools\\image\\node\\22.1.0\\node.exe",
    takes: "C:\\Users\\me\\AppData\\Local\\Volta\\tools\\image\\node\\22.1.0\\node.exe",
    warns: "(volta)",
  },
  {
    trap: "scoop by the name of its version",
    nodes: { "C:\\Users\\me\\scoop\\apps\\nodejs\\22.1.0\\node.exe": "22.1.0" },
    links: { "C:\\Users\\me\\scoop\\apps\\nodejs\\current": "C:\\Users\\me\\scoop\\apps\\nodejs\\22.1.0" },
    runs: "C:\\Users\\me\\scoop\\apps\\nodejs\\22.1.0\\node.exe",
    takes: "C:\\Users\\me\\scoop\\apps\\nodejs\\current\\node.exe",
  },
  {
    trap: "a temporary folder in another case, beside the installed one",
    nodes: { "c:\\users\\me\\appdata\\local\\temp\\n\\node.exe": "24.1.0", "D:\\Programs\\nodejs\\node.exe": "22.1.0" },
    env: { ProgramFiles: "D:\\Programs" },
    runs: "c:\\users\\me\\appdata\\local\\temp\\n\\node.exe",
    takes: "D:\\Programs\\nodejs\\node.exe",
    warns: "emptied",
  },
].map((row) => ({ ...row, platform: "win32" as const }));

describe.each([
  ["Linux", linux],
  ["macOS", macos],
  ["Windows", windows],
])("on %s the service's node is right with", (_, rows) => {
  it.each(rows)("$trap", async ({ runs, takes, warns, ...layout }) => {
    const { path, warnings } = await chooseNode(runs, fakeMachine(layout));
    expect(path).toBe(takes);
    expect(warnings).toEqual(warns === undefined ? [] : [expect.stringContaining(warns)]);
  });
});

describe("no node is written into a service", () => {
  it.each<{ trap: string; runs: string; why: string } & Layout>([
    {
      trap: "when the only one is in npx's cache and the system's is too old or does not run",
      path: ["/usr/bin", "/usr/local/bin"],
      nodes: { "/home/me/.npm/_npx/1a/node_modules/node/bin/node": "24.1.0", "/usr/bin/node": "20.18.3", "/usr/local/bin/node": null },
      runs: "/home/me/.npm/_npx/1a/node_modules/node/bin/node",
      why: "it belongs to a package",
    },
    {
      trap: "when the only other one is a shim",
      path: ["/home/me/.asdf/shims"],
      nodes: { "/tmp/node": "24.1.0", "/home/me/.asdf/shims/node": "24.1.0" },
      runs: "/tmp/node",
      why: "that folder is emptied",
    },
    {
      trap: "when the only other one is a link to what will not stay",
      path: ["/usr/local/bin"],
      nodes: { "/tmp/node": "24.1.0", "/tmp/other": "24.1.0" },
      links: { "/usr/local/bin/node": "/tmp/other" },
      runs: "/tmp/node",
      why: "that folder is emptied",
    },
    {
      trap: "when the only other one stands where anybody could put another in its place",
      path: ["/srv/open"],
      nodes: { "/tmp/node": "24.1.0", "/srv/open/node": "24.1.0" },
      folders: { "/srv/open": 0o40777 },
      runs: "/tmp/node",
      why: "that folder is emptied",
    },
    {
      trap: "when systemd takes none of its names",
      nodes: { '/home/me/a"b/bin/node': "24.1.0" },
      runs: '/home/me/a"b/bin/node',
      why: "a quote or a backslash",
    },
  ])("$trap", async ({ runs, why, ...layout }) => {
    await expect(chooseNode(runs, fakeMachine(layout))).rejects.toMatchObject({
      code: "program-unstable",
      message: expect.stringContaining(why),
      hint: expect.stringContaining("Install Node 20.19"),
    });
  });
});

describe("the oldest node", () => {
  it("is the one that package.json names", () => {
    const { engines } = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));
    expect(engines.node).toBe(`>=${oldestNode}`);
  });

  it.each([
    ["20.19.0", true],
    ["v20.19.0", true],
    ["20.18.3", false],
    ["21.0.0", true],
    ["18.20.0", false],
    ["100.0.0", true],
    ["", false],
  ])("%s: %s", (version, isEnough) => {
    expect(isNodeNewEnough(version)).toBe(isEnough);
  });
});
