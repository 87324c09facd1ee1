import { request } from "node:http";
import type { Duplex } from "node:stream";
import { onAbort } from "../base/abort.js";
import { Failure } from "../base/failure.js";

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** More of a body than this is never needed to know a service. */
const bodyMaxBytes = 64 * 1024;

/**
 * GET `path` over a connection that stands. Only what HTTP demands is sent: an OpenClaw gateway answers 403 to a request with
 * forwarding headers. Throws `service-silent` when the connection ends without an answer, `service-wrong` when it is not HTTP.
 */
export function httpGet(connection: Duplex, host: string, path: string, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => connection,
      method: "GET",
      path,
      headers: { host, connection: "close" },
    });
    const forget = onAbort(signal, () => {
      asked.destroy();
      reject(signal.reason);
    });
    asked.once("error", (error: NodeJS.ErrnoException) => {
      forget();
      reject(failureFromHttp(error));
    });
    asked.once("response", (response) => {
      let body = "";
      const end = () => {
        forget();
        resolve({ status: response.statusCode ?? 0, contentType: response.headers["content-type"] ?? "", body });
      };
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
        if (body.length < bodyMaxBytes) return;
        end();
        asked.destroy();
      });
      response.once("error", (error) => reject(failureFromHttp(error)));
      response.once("end", end);
    });
    asked.end();
  });
}

function failureFromHttp(error: NodeJS.ErrnoException): Failure {
  if (error instanceof Failure) return error;
  if (error.code?.startsWith("HPE_")) return new Failure("service-wrong", "what answers there does not speak HTTP", { cause: error });
  return new Failure("service-silent", "the service closed the connection without an answer", { cause: error });
}
