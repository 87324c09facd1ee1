import { request as httpRequest, type IncomingMessage } from "node:http";

/** One request to whoever listens at a socket's path, or a pipe's; a body is JSON. Resolves with the answer's head. */
export function request(
  endpoint: string,
  method: string,
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      host: "localhost",
      ...(text !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const asked = httpRequest({ socketPath: endpoint, method, path, headers, signal, agent: false }, resolve);
    asked.once("error", reject);
    asked.end(text);
  });
}

/** The whole of an answer's body. */
export async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}
