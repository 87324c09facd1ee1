import { DOMParser, type Element } from "@xmldom/xmldom";

export type XmlValue = string | { readonly [name: string]: XmlValue };

/** A task's definition as an object, in the order of the file: attributes as `@name`, elements by their names. Throws for what is not well-formed. */
export function readTaskXml(text: string): XmlValue {
  const parser = new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  });
  const root = parser.parseFromString(text, "text/xml").documentElement;
  if (root === null) throw new Error("there is no element");
  return { [root.localName ?? ""]: contentOf(root) };
}

function contentOf(element: Element): XmlValue {
  const children = [...element.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
  const attributes = [...element.attributes].map(({ name, value }): [string, XmlValue] => [`@${name}`, value]);
  if (children.length === 0 && attributes.length === 0) return element.textContent ?? "";
  return Object.fromEntries([...attributes, ...children.map((child): [string, XmlValue] => [child.localName ?? "", contentOf(child)])]);
}

/** The text at the end of `path`; undefined when there is none. */
export function at(value: XmlValue | undefined, ...path: readonly string[]): string | undefined {
  const found = path.reduce<XmlValue | undefined>((inner, name) => (typeof inner === "object" ? inner[name] : undefined), value);
  return typeof found === "string" ? found : undefined;
}
