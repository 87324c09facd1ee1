import { toJsonSchema } from "@valibot/to-json-schema";
import { configSchema } from "./schema.js";

/** The JSON Schema of config.json, made from the very schema that checks it. For editors, and `clawtunnel config schema`. */
export function configJsonSchema(): object {
  return { title: "clawtunnel config", ...toJsonSchema(configSchema, { errorMode: "ignore" }) };
}
