import type { Endpoint } from "../base/address.js";
import type { Failure } from "../base/failure.js";

/** A client of a forward, as soon as it is known where it wants to go. */
export interface Visitor {
  readonly to: Endpoint;
  /** Its channel stands, and what it says goes there from now on. */
  welcome(): void;
  /** It gets none, and its connection ends. */
  dismiss(failure: Failure): void;
}
