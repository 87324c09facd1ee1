import type { Client } from "ssh2";

type OnFailure = (protocol: unknown, accepted: readonly string[], isPartial: boolean) => void;

/** What we look at inside ssh2 1.17.0: where its client hears of an answer to an authentication request. */
interface Inside {
  readonly _protocol?: { readonly _handlers?: { USERAUTH_FAILURE?: OnFailure } };
}

/**
 * Tells what the server answers to each try (RFC 4252, 5.1) before ssh2 goes on. ssh2's own way to tell, the arguments of an
 * `authHandler`, keeps silent about tries with an agent. To be called after `connect`; false when ssh2 is not as expected.
 */
export function overhearAnswers(client: Client, onAnswer: (accepted: readonly string[], isPartial: boolean) => void): boolean {
  const handlers = (client as Inside)._protocol?._handlers;
  const goOn = handlers?.USERAUTH_FAILURE;
  if (handlers === undefined || goOn === undefined) return false;
  handlers.USERAUTH_FAILURE = (protocol, accepted, isPartial) => {
    onAnswer(accepted, isPartial);
    goOn(protocol, accepted, isPartial);
  };
  return true;
}
