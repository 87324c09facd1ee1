import type { Element } from "@xmldom/xmldom";

export type PlistValue = string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

/** Deeper than any job of launchd; what is nested further was made to hurt. */
const depthMax = 32;

/**
 * The value in a property list that is written as XML. A text says why it cannot be read. Of a document type only the name is taken:
 * what it defines is never expanded, and nothing is fetched.
 */
export async function readPlist(text: string): Promise<{ readonly value: PlistValue } | string> {
  const { DOMParser, ParseError } = await import("@xmldom/xmldom");
  try {
    const parser = new DOMParser({
      onError: (level, message) => {
        throw new ParseError(`${level}: ${message}`);
      },
    });
    const { doctype, documentElement } = parser.parseFromString(text, "text/xml");
    if (doctype?.internalSubset) return "it defines entities of its own, which a property list has none of";
    const root = documentElement?.localName === "plist" ? elementsIn(documentElement)[0] : undefined;
    return root === undefined ? "it is XML, but no property list" : { value: readValue(root, 0) };
  } catch (error) {
    return `it is not right as XML: ${String(error instanceof Error ? error.message : error).split("\n")[0]}`;
  }
}

function elementsIn(parent: Element): Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

function readValue(element: Element, depth: number): PlistValue {
  if (depth > depthMax) throw new Error("it is nested too deeply");
  const text = element.textContent ?? "";
  switch (element.localName) {
    case "true":
    case "false":
      return element.localName === "true";
    case "integer":
    case "real":
      return Number(text);
    case "array":
      return elementsIn(element).map((child) => readValue(child, depth + 1));
    case "dict":
      return readDictionary(element, depth);
    default:
      return text;
  }
}

function readDictionary(element: Element, depth: number): PlistValue {
  const entries: [string, PlistValue][] = [];
  let key: string | undefined;
  for (const child of elementsIn(element)) {
    if (child.localName === "key") key = child.textContent ?? "";
    else if (key !== undefined) {
      entries.push([key, readValue(child, depth + 1)]);
      key = undefined;
    }
  }
  return Object.fromEntries(entries);
}
