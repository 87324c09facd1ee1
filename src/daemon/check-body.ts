import * as v from "valibot";
import { Failure } from "../base/failure.js";

export const emptyBody = v.strictObject({});

/** What a request brought, if it is what the route takes. Throws `request-invalid`. */
export function checkBody<T extends v.GenericSchema>(schema: T, body: unknown): v.InferOutput<T> {
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
  throw new Failure("request-invalid", `the body is not right: ${problems.join("; ")}`);
}
