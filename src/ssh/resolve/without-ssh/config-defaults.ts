import { join } from "node:path";
import { includeFolders } from "../config-answer.js";
import type { Machine } from "../machine.js";
import type { SshDump } from "../ssh-dump.js";

const keyFiles = ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"];

/** Of OpenSSH 9 and newer, without those that only newer ones have: what `+`, `-` and `^` are counted from. */
const usualKeys = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256";
const usualKex =
  "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const usualCiphers = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
const usualMacs =
  "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1";

/** What ssh takes for granted, as its `ssh -G` would print it: as far as a HostConfig has it. */
export function usualDefaults(machine: Machine): SshDump {
  const [own, system] = includeFolders(machine);
  return new Map([
    ["addressfamily", ["any"]],
    ["batchmode", ["no"]],
    ["canonicalizehostname", ["false"]],
    ["ciphers", [usualCiphers]],
    ["compression", ["no"]],
    ["connecttimeout", ["none"]],
    ["globalknownhostsfile", [`${join(system, "ssh_known_hosts")} ${join(system, "ssh_known_hosts2")}`]],
    ["hashknownhosts", ["no"]],
    ["hostkeyalgorithms", [usualKeys]],
    ["identitiesonly", ["no"]],
    ["identityfile", keyFiles.map((name) => `~/.ssh/${name}`)],
    ["kbdinteractiveauthentication", ["yes"]],
    ["kexalgorithms", [usualKex]],
    ["macs", [usualMacs]],
    ["numberofpasswordprompts", ["3"]],
    ["passwordauthentication", ["yes"]],
    ["pubkeyacceptedalgorithms", [usualKeys]],
    ["pubkeyauthentication", ["true"]],
    ["serveralivecountmax", ["3"]],
    ["serveraliveinterval", ["0"]],
    ["stricthostkeychecking", ["ask"]],
    ["userknownhostsfile", [`${join(own, "known_hosts")} ${join(own, "known_hosts2")}`]],
  ]);
}
