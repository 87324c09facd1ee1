import { findSsh } from "../../src/ssh/resolve/ssh-program.js";

/** Whether this machine has an OpenSSH client. */
export const hasSsh = (await findSsh()) !== undefined;
