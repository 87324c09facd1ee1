// What a box needs beside its suite's tree: node and npm, a server and a service to reach, and the packed program, as its user has it.
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Box, cacheDir, makeStateDir, npmPrefix, treeOf, user } from "./box.mjs";

const run = promisify(execFile);
const packageDir = fileURLToPath(new URL("../..", import.meta.url));
const npmCache = join(cacheDir, "npm");
const installMaxMs = 180_000;

/** Where a small HTTP service answers `ok` in every box. */
export const webPort = 3000;
/** A login of the user's own would be a session of theirs, and keep their services alive. */
export const target = "gate@127.0.0.1";

/** The version that is built, and one that is newer, as files in the user's home. */
export const tarballs = { now: `${user.home}/clawtunnel-now.tgz`, newer: `${user.home}/clawtunnel-newer.tgz` };
export const newerVersion = "99.0.0";

const web = `
import { createServer } from "node:http";
createServer((request, response) => response.end("ok\\n")).listen(${webPort}, "127.0.0.1");
`;
const webUnit = `[Service]
ExecStart=/usr/local/bin/node /opt/web.mjs
[Install]
WantedBy=multi-user.target
`;

/** @typedef {{ now: string, newer: string, dispose: () => void }} Product The files that `npm pack` makes. */
/** @typedef {{ dir: string, dispose: () => Promise<void> }} Layer */

/**
 * Packs what is built, and the same with a higher version, and fills npm's cache with what they depend on.
 * @returns {Promise<Product>}
 */
export async function packProduct() {
  const dir = mkdtempSync(join(tmpdir(), "clawtunnel-pack-"));
  const pack = (from, name) => run("npm", ["pack", from, "--ignore-scripts", "--silent", "--pack-destination", join(dir, name)]);
  try {
    for (const name of ["now", "newer", "unpacked"]) mkdirSync(join(dir, name));
    const packed = (await pack(packageDir, "now")).stdout.trim();
    await run("tar", ["-xzf", join(dir, "now", packed), "-C", join(dir, "unpacked")]);
    const unpacked = join(dir, "unpacked", "package");
    const described = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    writeFileSync(join(unpacked, "package.json"), JSON.stringify({ ...described, version: newerVersion }, null, 2));
    const packedNewer = (await pack(unpacked, "newer")).stdout.trim();
    const product = {
      now: join(dir, "now", packed),
      newer: join(dir, "newer", packedNewer),
      dispose: () => rmSync(dir, { recursive: true }),
    };
    // The network is out here. In the box npm finds all of it in its cache.
    const options = ["--prefer-offline", "--ignore-scripts", "--silent", "--cache", npmCache, "--prefix", join(dir, "prefix")];
    await run("npm", ["install", "--global", ...options, product.now], { timeout: installMaxMs });
    return product;
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/**
 * What is the same on each suite, as a layer: node, npm, the packed program and npm's cache, and the service.
 * @param {Product} product
 * @returns {Promise<Layer>}
 */
export async function makeFurniture(product) {
  const dir = makeStateDir();
  const at = (path) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true, mode: 0o755 });
    return join(dir, path);
  };
  const dispose = () => rm(dir, { recursive: true, force: true });
  try {
    await cp(realpathSync(process.execPath), at("/usr/local/bin/node"));
    await cp(npmDir(), at("/usr/local/lib/node_modules/npm"), { recursive: true });
    symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", at("/usr/local/bin/npm"));
    writeFileSync(at("/opt/web.mjs"), web);
    writeFileSync(at("/etc/systemd/system/web.service"), webUnit);
    await cp(npmCache, at(`${user.home}/.npm`), { recursive: true });
    await cp(product.now, at(tarballs.now));
    await cp(product.newer, at(tarballs.newer));
    writeFileSync(at(`${user.home}/.npmrc`), `prefix=${npmPrefix}\noffline=true\nignore-scripts=true\nupdate-notifier=false\n`);
    chmodSync(at(user.home), 0o700);
    await run("chown", ["-R", `${user.uid}:${user.uid}`, at(user.home)]);
    return { dir, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * What a box of `suite` is booted from, in which the product is installed: by npm, by the user, in their home.
 * @param {string} suite
 * @param {string} furniture
 * @returns {Promise<{ layers: string[], dispose: () => Promise<void> }>}
 */
export async function makeLayers(suite, furniture) {
  const below = [furniture, treeOf(suite)];
  const box = new Box({ layers: below, stateDir: makeStateDir() });
  const done = ({ code, stdout, stderr }) => {
    if (code !== 0) throw new Error(`the box of ${suite} cannot be furnished:\n${stdout}${stderr}`);
  };
  try {
    await box.boot();
    done(await box.user(["sh", "-euc", program], { timeoutMs: installMaxMs }));
    done(await box.root(["sh", "-euc", server]));
    await box.powerOff();
  } catch (error) {
    await box.dispose();
    throw error;
  }
  return { layers: [box.upperPath(""), ...below], dispose: () => box.dispose() };
}

const program = `
  cd
  npm install --silent --global ${tarballs.now}
  mkdir -m 700 .ssh
  ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
  cp .ssh/id_ed25519.pub .ssh/authorized_keys
  ssh-keyscan -t ed25519 127.0.0.1 >.ssh/known_hosts
`;

const server = `
  install -d -o gate -g gate -m 700 /home/gate/.ssh
  install -o gate -g gate -m 600 ${user.home}/.ssh/id_ed25519.pub /home/gate/.ssh/authorized_keys
  systemctl --quiet enable web.service
  # A user's own journal can be read by them only where it is kept on a disk.
  mkdir -p /var/log/journal
`;

/** Of the npm that is used here: \`npm run\` names it. */
function npmDir() {
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm"));
  const script = [process.env.npm_execpath, ...onPath].find((path) => path !== undefined && existsSync(path));
  if (script === undefined) throw new Error("npm is not on PATH");
  return dirname(dirname(realpathSync(script)));
}
