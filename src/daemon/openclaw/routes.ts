import { isAbsolute } from "node:path";
import * as v from "valibot";
import type { Route } from "../../api/server.js";
import { checkBody, emptyBody } from "../check-body.js";
import type { Audits } from "./audits.js";
import type { ClientFollower } from "./follow-client.js";

export interface OpenclawRoutesContext {
  readonly audits: Audits;
  readonly clients: ClientFollower;
}

const clientBody = v.strictObject({
  file: v.pipe(v.string(), v.maxLength(4096), v.check(isAbsolute, "must be an absolute path")),
  leavesLocal: v.exactOptional(v.boolean()),
});

/** What the control API can do with the gateway behind a tunnel. */
export function openclawRoutes({ audits, clients }: OpenclawRoutesContext): Route[] {
  const name = (params: readonly string[]) => params[0] ?? "";
  return [
    {
      method: "POST",
      path: "/v1/tunnels/:name/client",
      run: async ({ params, body }) => ({ json: await clients.configure(name(params), checkBody(clientBody, body)) }),
    },
    {
      method: "POST",
      path: "/v1/tunnels/:name/audit",
      run: async ({ params, body }) => {
        checkBody(emptyBody, body);
        return { json: await audits.run(name(params)) };
      },
    },
    {
      method: "POST",
      path: "/v1/audit",
      run: async ({ body }) => {
        checkBody(emptyBody, body);
        return { json: await audits.runAll() };
      },
    },
  ];
}
