import type * as v from "valibot";
import { isObject } from "../base/is-object.js";

interface StructureProblem {
  readonly path: string;
  readonly message: string;
}

/** Names that JavaScript objects have of themselves: valibot and conf drop them without a word, and with them what they hold. */
const reservedNames = new Set(["__proto__", "prototype", "constructor"]);

/**
 * What is wrong with the shape of a value, seen from its schema: every unknown setting (valibot stops at the first), whatever
 * is not an object where one belongs (valibot takes a list for one), and names that would be lost.
 */
export function structureProblems(schema: v.GenericSchema, value: unknown, path = ""): StructureProblem[] {
  const shape = schema as v.GenericSchema & Shape;
  if (shape.wrapped !== undefined) return value === undefined ? [] : structureProblems(shape.wrapped, value, path);
  if (shape.item !== undefined)
    return Array.isArray(value)
      ? value.flatMap((item, index) => structureProblems(shape.item as v.GenericSchema, item, joinPath(path, index)))
      : [];
  if (shape.type !== "strict_object" && shape.type !== "record") return [];
  if (!isObject(value))
    return [{ path: path || "(top)", message: `must be an object, not ${Array.isArray(value) ? "a list" : JSON.stringify(value)}` }];
  return Object.keys(value).flatMap((key) => {
    const at = joinPath(path, key);
    const inner = shape.type === "record" ? shape.value : Object.hasOwn(shape.entries ?? {}, key) ? shape.entries?.[key] : undefined;
    if (reservedNames.has(key)) return [{ path: at, message: "cannot be used as a name" }];
    if (inner === undefined) return [{ path: at, message: "is not a setting of clawtunnel" }];
    return structureProblems(inner, value[key], at);
  });
}

/** The parts of valibot's schemas that are walked through. */
interface Shape {
  readonly type: string;
  readonly wrapped?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly value?: v.GenericSchema;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
}

/** `tunnels.db.forwards[0]`, a step at a time. */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  const name = key === "" ? '""' : key;
  return path === "" ? name : `${path}.${name}`;
}
