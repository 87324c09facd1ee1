import type { Address } from "../../base/address.js";
import type { Failure } from "../../base/failure.js";
import type { Place } from "./place.js";

/** What is done about a local address that somebody else has. Decided for each tunnel, and handed to its listeners. */
export interface BusyPolicy {
  /** Why `wanted` is left to another tunnel of ours, also while nobody listens there; undefined when it is not. */
  reservation(wanted: Address): Failure | undefined;
  /** Somebody has `wanted`, as `failure` tells. May make them leave; resolves with what is to be said if they have not. */
  onBusy(wanted: Address, failure: Failure): Promise<Failure>;
  /** Ports to listen on in place of a busy `wanted`, the best first. */
  alternatives(wanted: Address): readonly number[];
  /** The forward that wants `wanted` listens at `place` now; before, at `before`, or nowhere. */
  onPlaced(wanted: Address, place: Place, before: Place | undefined): void;
  /** The loopback twin of where the forward listens is its own now, or somebody else has it than before. */
  onTwinChanged(place: Place): void;
}
