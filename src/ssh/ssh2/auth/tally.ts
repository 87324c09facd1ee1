import { Failure } from "../../../base/failure.js";

/** What was tried in one log-in and what the server said to it, for the sentence at the end. */
export class Tally {
  readonly #where: string;
  readonly #refused: string[] = [];
  readonly #accepted: string[] = [];
  #tried: string | undefined;
  #wanted: readonly string[] = [];

  constructor(where: string) {
    this.#where = where;
  }

  get isEmpty(): boolean {
    return this.#refused.length + this.#accepted.length === 0 && this.#tried === undefined;
  }

  /** A key's name, or "the password". */
  trying(what: string): void {
    this.#settle(this.#refused);
    this.#tried = what;
  }

  /** The server says what it accepts next. `isPartial`: what was tried was right, and is not enough. */
  heard(wanted: readonly string[], isPartial: boolean): void {
    this.#wanted = wanted;
    this.#settle(isPartial ? this.#accepted : this.#refused);
  }

  /** What was tried is told by another sentence. */
  forget(): void {
    this.#tried = undefined;
  }

  /** What was tried came to nothing, and not because of the server. */
  gaveUp(why: string): void {
    if (this.#tried !== undefined) this.#tried += ` (${why})`;
    this.#settle(this.#refused);
  }

  rejected(): Failure {
    this.#settle(this.#refused);
    const wants = this.#wanted.length === 0 ? "" : `it accepts ${this.#wanted.join(", ")}`;
    if (this.#accepted.length > 0) {
      const refused = this.#refused.length === 0 ? "" : `; it refused ${this.#refused.join(", ")}`;
      const message = `${this.#where} accepted ${this.#accepted.join(", ")} but wants more: ${this.#wanted.join(", ")}${refused}`;
      return new Failure("auth-rejected", message);
    }
    const refused = this.#refused.length === 0 ? "to look at keys" : this.#refused.join(", ");
    return new Failure("auth-rejected", `${this.#where} refused ${refused}${wants === "" ? "" : `; ${wants}`}`);
  }

  /** As the begin of another sentence; empty when nothing was tried. */
  soFar(): string {
    const said = [
      ...(this.#accepted.length === 0 ? [] : [`accepted ${this.#accepted.join(", ")}`]),
      ...(this.#refused.length === 0 ? [] : [`refused ${this.#refused.join(", ")}`]),
    ];
    return said.length === 0 ? "" : `${this.#where} ${said.join(" and ")}; `;
  }

  #settle(into: string[]): void {
    if (this.#tried !== undefined) into.push(this.#tried);
    this.#tried = undefined;
  }
}
