import { isObject } from "../../base/is-object.js";
import { type LeftOut, lost, shorten } from "../reading.js";

/** The fields of one record of another program's file, each taken once; what nobody took is told at the end. */
export class Fields {
  readonly #fields: Map<string, unknown>;
  readonly leftOut: LeftOut[] = [];

  constructor(record: unknown) {
    this.#fields = new Map(isObject(record) ? Object.entries(record) : []);
  }

  /** A text, or a number as one; undefined when it is missing, empty, or of another type (which is told). */
  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "bigint") return String(value);
    this.leftOut.push(lost(name, "it is not a text"));
    return undefined;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isFinite(number)) return number;
    this.leftOut.push(lost(`${name}: ${shorten(text)}`, "it is not a number"));
    return undefined;
  }

  list(name: string): readonly unknown[] {
    const value = this.take(name);
    if (Array.isArray(value)) return value;
    if (value !== undefined && value !== null) this.leftOut.push(lost(name, "it is not a list"));
    return [];
  }

  take(name: string): unknown {
    const value = this.#fields.get(name);
    this.#fields.delete(name);
    return value;
  }

  /** Tells of a field that has no place in our config, unless it says no more than what is so anyway. */
  drop(name: string, why: string, isUsual: (value: unknown) => boolean = () => false): void {
    const value = this.take(name);
    const isNothing = value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
    if (isNothing || isUsual(value)) return;
    this.leftOut.push(lost(describeField(name, value), why));
  }

  /** What is left is not known here. */
  dropRest(): void {
    for (const [name, value] of this.#fields) this.leftOut.push(lost(describeField(name, value), "it is not known here"));
    this.#fields.clear();
  }
}

/** Lists and objects by their name alone: what is within may be anything, and refer to itself. */
function describeField(name: string, value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return shorten(`${name}: ${value.join(", ")}`);
  return typeof value === "object" ? name : shorten(`${name}: ${String(value)}`);
}
