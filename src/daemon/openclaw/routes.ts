import * as v from "valibot";
import type { Route } from "../../api/server.js";
import { clientFile } from "../../config/schema.js";
import { checkBody, emptyBody } from "../check-body.js";
import type { Supervisor } from "../supervisor.js";
import type { Audits } from "./audits.js";
import { examineTunnel } from "./examine.js";
import type { ClientFollower } from "./follow-client.js";
import { streamHarden } from "./harden-stream.js";
import type { Hardenings } from "./hardening.js";

export interface OpenclawRoutesContext {
  readonly supervisor: Supervisor;
  readonly audits: Audits;
  readonly clients: ClientFollower;
  readonly hardenings: Hardenings;
}

const clientBody = v.strictObject({
  file: clientFile,
  leavesLocal: v.exactOptional(v.boolean()),
});

const hardenWishes = {
  restart: v.exactOptional(v.pipe(v.string(), v.regex(/\S/, "must be a command"), v.maxLength(4096))),
};

const hardenBody = v.union([
  v.strictObject({ dryRun: v.literal(true), ...hardenWishes }),
  v.strictObject({ agreement: v.pipe(v.string(), v.maxLength(64)), ...hardenWishes }),
]);

/** What the control API can do with the gateway behind a tunnel. */
export function openclawRoutes({ supervisor, audits, clients, hardenings }: OpenclawRoutesContext): Route[] {
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
      path: "/v1/tunnels/:name/examine",
      run: async ({ params, body, signal }) => {
        checkBody(emptyBody, body);
        return { json: await examineTunnel(supervisor, name(params), signal) };
      },
    },
    {
      method: "POST",
      path: "/v1/tunnels/:name/harden",
      run: async ({ params, body, signal }) => {
        const request = checkBody(hardenBody, body);
        if ("agreement" in request) return streamHarden(hardenings, name(params), request);
        return { json: await hardenings.plan(name(params), request, signal) };
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
