import { createSshEngine } from "../../src/ssh/engine.js";
import type { HostEngine } from "../../src/ssh/session.js";
import { ssh2Engine } from "../../src/ssh/ssh2/engine.js";
import { unnamed } from "./quiet.js";

const noOpenssh: HostEngine = { name: "openssh", connect: () => Promise.reject(new Error("this test is about ssh2")) };

export const sshEngine = createSshEngine({ ssh2: ssh2Engine, openssh: noOpenssh, names: unnamed });
