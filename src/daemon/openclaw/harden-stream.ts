import type { ApiReply } from "../../api/server.js";
import type { HardenOutcome, HardenProgress } from "../../openclaw/harden/report.js";
import type { Hardenings, HardenWishes } from "./hardening.js";

/** A line for each step as it is done, and the outcome last. What is refused before the first is a refusal of the request. */
export function streamHarden(hardenings: Hardenings, name: string, request: HardenWishes & { readonly agreement: string }): ApiReply {
  return {
    stream: async (response) => {
      const write = (line: HardenProgress | HardenOutcome) => {
        if (!response.headersSent) response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
        if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
      };
      write(await hardenings.apply(name, request, write));
      response.end();
    },
  };
}
