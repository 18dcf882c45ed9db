import { readXml, type XmlElement } from '../xml/read-xml.ts';
import type { PayloadParser } from './message.ts';
import type { Path } from './path.ts';

const ATTRIBUTE = '@';
const TEXT = '#text';

/**
 * An XML message as the value that paths lead into: `order.lines.line[0].@sku`.
 *
 * The value is an object with one member, the root element. An element with nothing but text is that text; any other is an object with its
 * elements by name (several of one name: a list), its attributes with an `@` before their name, and its text, if it has any, as `#text`.
 * Everything is text; the metadata's type says what it is read as. Prefixes of namespaces stay part of the names.
 *
 * @throws InvalidSetting for a text that is no XML, too large or too deep, or has a document type
 */
export function xmlValue(text: string): unknown {
  const root = readXml('the payload', text);

  return { [root.name]: elementValue(root) };
}

function elementValue({ attributes, elements, text }: XmlElement): unknown {
  if (attributes.length === 0 && elements.length === 0) {
    return text;
  }
  const members = new Map<string, unknown>(attributes.map(([name, value]) => [ATTRIBUTE + name, value]));
  for (const [name, same] of Map.groupBy(elements, (element) => element.name)) {
    const values = same.map(elementValue);
    members.set(name, values.length === 1 ? values[0] : values);
  }
  if (text !== '') {
    members.set(TEXT, text);
  }

  return Object.fromEntries(members);
}

/** As `valueAt`; but where a list of one is not told from its only member, `[0]` is that member. */
export function xmlValueAt(message: unknown, path: Path): unknown {
  let value = message;
  for (const step of path) {
    if (step === 0 && !Array.isArray(value)) {
      continue;
    }
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[step];
  }

  return value;
}

export const xmlParser: PayloadParser = Object.freeze({ parse: xmlValue, valueAt: xmlValueAt });
