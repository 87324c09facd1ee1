import { type DocumentNode, evaluate, type MemberNode, type ObjectNode, parse, type Token } from "@humanwhocodes/momoa";
import { Failure } from "../../base/failure.js";

/** Whoever walks through a value does so by calling itself. OpenClaw's own configuration is not ten deep. */
const depthMax = 200;

/** Reads JSON5: comments, unquoted keys, trailing commas. Throws `gateway-config-invalid` with the file, the line and what is wrong there. */
export function parseJson5(text: string, file = "the gateway's configuration"): unknown {
  return evaluate(parseText(text, file));
}

/**
 * The text with one value set, and every other byte as it was: comments, order, quotes, line ends. Objects on the way that are missing
 * are added. Throws `gateway-config-invalid` where the path leads through something that is no object. Pure.
 */
export function setInJson5(text: string, path: readonly string[], value: string | number): string {
  const document = parseText(text);
  let node = document.body;
  for (const [depth, name] of path.entries()) {
    if (node.type !== "Object") {
      const place = depth === 0 ? "it" : path.slice(0, depth).join(".");
      throw new Failure("gateway-config-invalid", `the gateway's configuration cannot be changed: ${place} is no object`);
    }
    // Of a name that is there twice, the last one counts.
    const member: MemberNode | undefined = node.members.findLast((each) => nameOf(each) === name);
    if (member === undefined) return insertInto(node, path.slice(depth), value, text, document);
    node = member.value;
  }
  return text.slice(0, node.loc.start.offset) + JSON.stringify(value) + text.slice(node.loc.end.offset);
}

function parseText(text: string, file = "the gateway's configuration"): DocumentNode {
  try {
    const document = parse(text, { mode: "json5", tokens: true });
    if (depthOf(document.tokens ?? []) > depthMax) throw new Error(`it is more than ${depthMax} deep`);
    return document;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure("gateway-config-invalid", `${file} is no JSON5: ${message}`, { cause: error });
  }
}

function depthOf(tokens: readonly Token[]): number {
  let [depth, deepest] = [0, 0];
  for (const { type } of tokens) {
    if (type === "LBrace" || type === "LBracket") depth += 1;
    else if (type === "RBrace" || type === "RBracket") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function nameOf({ name }: MemberNode): string {
  return name.type === "Identifier" ? name.name : name.value;
}

/** How what is added is written. */
interface Style {
  readonly lineEnd: string;
  /** One step of indentation; null where everything is on one line. */
  readonly step: string | null;
  readonly isQuoted: boolean;
}

function styleOf(text: string, { body }: DocumentNode, object: ObjectNode): Style {
  const lineEnd = /\r\n|[\n\r]/.exec(text)?.[0];
  const first = body.type === "Object" ? body.members[0] : undefined;
  const indent = first === undefined ? undefined : indentBefore(text, first.loc.start.offset);
  const isQuoted = object.members.at(-1)?.name.type !== "Identifier";
  return { lineEnd: lineEnd ?? "\n", step: lineEnd === undefined ? null : indent || "  ", isQuoted };
}

/** The blanks from the line's beginning to `offset`; undefined when something else stands between. */
function indentBefore(text: string, offset: number): string | undefined {
  return /(?:^|[\n\r])([ \t]*)$/.exec(text.slice(0, offset))?.[1];
}

/** `name: value`, and around it the objects that are missing. It begins on a line of this indentation. */
function writeMember([name = "", ...rest]: readonly string[], value: string | number, style: Style, indent: string): string {
  const key = style.isQuoted || !/^[A-Za-z_$][\w$]*$/.test(name) ? JSON.stringify(name) : name;
  if (rest.length === 0) return `${key}: ${JSON.stringify(value)}`;
  if (style.step === null) return `${key}: { ${writeMember(rest, value, style, indent)} }`;
  const inner = indent + style.step;
  return `${key}: {${style.lineEnd}${inner}${writeMember(rest, value, style, inner)}${style.lineEnd}${indent}}`;
}

function insertInto(object: ObjectNode, path: readonly string[], value: string | number, text: string, document: DocumentNode): string {
  const style = styleOf(text, document, object);
  const last = object.members.at(-1);
  if (last === undefined) return insertIntoEmpty(object, path, value, text, style);

  const lastEnd = last.loc.end.offset;
  const behind = (document.tokens ?? []).filter(({ loc }) => loc.start.offset >= lastEnd && loc.end.offset < object.loc.end.offset);
  const comma = behind.find(({ type }) => type === "Comma")?.loc.end.offset;
  const indent = indentBefore(text, last.loc.start.offset);
  if (style.step === null || indent === undefined) {
    const member = writeMember(path, value, { ...style, step: null }, "");
    return comma === undefined ? splice(text, [lastEnd, `, ${member}`]) : splice(text, [comma, ` ${member},`]);
  }
  const line = `${style.lineEnd}${indent}${writeMember(path, value, style, indent)}`;
  if (comma === undefined) return splice(text, [lastEnd, ","], [endOfComments(text, behind, lastEnd), line]);
  return splice(text, [endOfComments(text, behind, comma), `${line},`]);
}

/** What a comment on its line says of a value stays with that value. */
function endOfComments(text: string, tokens: readonly Token[], from: number): number {
  let end = from;
  for (const { type, loc } of tokens) {
    if (loc.start.offset < end) continue;
    if (!type.endsWith("Comment") || /[\n\r]/.test(text.slice(end, loc.start.offset))) break;
    end = loc.end.offset;
  }
  return end;
}

/** Just before the closing brace, where every comment has ended. */
function insertIntoEmpty(object: ObjectNode, path: readonly string[], value: string | number, text: string, style: Style): string {
  const brace = object.loc.end.offset - 1;
  if (style.step === null) return splice(text, [brace, ` ${writeMember(path, value, style, "")} `]);
  const ownLine = indentBefore(text, brace);
  const outer = ownLine ?? /(?:^|[\n\r])([ \t]*)[^\n\r]*$/.exec(text.slice(0, object.loc.start.offset))?.[1] ?? "";
  const member = writeMember(path, value, style, outer + style.step);
  const before = ownLine === undefined ? `${style.lineEnd}${outer}${style.step}` : style.step;
  return splice(text, [brace, `${before}${member}${style.lineEnd}${outer}`]);
}

/** Puts pieces in, each at its place of the old text; in the order of their places. */
function splice(text: string, ...pieces: readonly (readonly [offset: number, added: string])[]): string {
  return pieces.toReversed().reduce((edited, [offset, added]) => edited.slice(0, offset) + added + edited.slice(offset), text);
}
