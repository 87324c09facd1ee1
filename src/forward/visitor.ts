import type { Failure } from "../base/failure.js";
import type { Destination } from "../config/destination.js";

/** A client of a forward, as soon as it is known where it wants to go. */
export interface Visitor {
  readonly to: Destination;
  /** Its channel stands, and what it says goes there from now on. */
  welcome(): void;
  /** It gets none, and its connection ends. */
  dismiss(failure: Failure): void;
}
