import { failureCatalogue } from "../base/failure-catalogue.js";
import type { PromptStatus } from "./status.js";

/** What a person can do about a prompt. */
export function promptHint(tunnel: string, { kind }: PromptStatus): string {
  switch (kind) {
    case "secret":
      return failureCatalogue["needs-answer"].hint.replaceAll("NAME", tunnel);
    case "host-key":
      return failureCatalogue["host-key-unknown"].hint.replaceAll("NAME", tunnel);
    case "port-owner":
      return `Look at it in a terminal: \`clawtunnel up ${tunnel}\`.`;
    case "notice":
      return "There is nothing to type; the log-in goes on by itself.";
  }
}
