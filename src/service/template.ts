import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../base/own-package.js";

/** The text of a file in service-templates/. */
export function readTemplate(name: string): string {
  return readFileSync(join(packageFolder, "service-templates", name), "utf8");
}

/**
 * Puts values, escaped for their format already, in the place of `{{name}}`. Lines between `{{#name}}` and `{{/name}}`, each alone on
 * a line, stay only where that value is neither false nor empty. Throws when template and values do not name the same things: a line
 * that is left out by mistake would be noticed by nobody.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string | boolean>>): string {
  const named = new Set([...template.matchAll(/\{\{[#/]?(\w+)\}\}/g)].map(([, name]) => name ?? ""));
  const missing = [...named].filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0) throw new Error(`the template names ${missing.join(", ")}, which has no value`);
  const unnamed = Object.keys(values).filter((name) => !named.has(name));
  if (unnamed.length > 0) throw new Error(`the template does not name ${unnamed.join(", ")}`);
  return template
    .replace(/^[ \t]*\{\{#(\w+)\}\}\r?\n([\s\S]*?)^[ \t]*\{\{\/\1\}\}\r?\n/gm, (_, name: string, lines: string) =>
      values[name] ? lines : "",
    )
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
}
