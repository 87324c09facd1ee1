import { Failure } from "../base/failure.js";
import { errorText } from "../base/system-error.js";

/** Parses the text of config.json. Throws `config-not-json` with line and column. */
export function parseJson(text: string, path: string): unknown {
  const bare = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(bare);
  } catch (error) {
    const { message, place } = describeJsonError(error, bare);
    throw new Failure("config-not-json", `${path} is not JSON: ${message}${place}`, { cause: error });
  }
}

function describeJsonError(error: unknown, text: string): { message: string; place: string } {
  const message = errorText(error);
  const before = text.slice(0, jsonErrorPosition(message, text)).split("\n");
  return {
    message: message.replace(/ (?:in JSON )?at position.*|, .* is not valid JSON$/s, ""),
    place: ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`,
  };
}

/** V8 tells the position of most errors. Of an unexpected token it shows the surroundings instead, and of an early end nothing. */
function jsonErrorPosition(message: string, text: string): number {
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  if (!message.startsWith(unexpectedToken)) return text.length;
  // A beginning of the text that stops before the token is refused for another reason: that it ends.
  let endsBefore = 0;
  let reaches = text.length;
  while (reaches - endsBefore > 1) {
    const middle = Math.floor((endsBefore + reaches) / 2);
    if (isRefusedForToken(text.slice(0, middle))) reaches = middle;
    else endsBefore = middle;
  }
  return endsBefore;
}

const unexpectedToken = "Unexpected token";

function isRefusedForToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return errorText(error).startsWith(unexpectedToken);
  }
}
