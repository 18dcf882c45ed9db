import { InvalidSetting } from '../../errors.ts';
import { readXml, type XmlElement } from '../../xml/read-xml.ts';
import { fieldsOf, textOf } from './crossing-bytes.ts';
import { checkedXml, typedXml, xmlOf } from './xml-writer.ts';

/** A text beside attributes or elements, as org.json calls it, and as json-lib does, which marks attributes too. */
const CONTENT = 'content';
const MARKED_TEXT = '#text';
const ATTRIBUTE_MARK = '@';
const HINTS = ['type', 'class', 'null'];
const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;

interface Reading {
  /** Numbers and truths are made of texts that are written as such. */
  readonly values: boolean;
  /** Follows the `type` and `class` that `typedXml` writes. */
  readonly hints: boolean;
}

/**
 * Attributes and elements are fields, an element that is there several times a list.
 *
 * @param call with `root` the outermost name stays
 * @returns JSON
 * @throws InvalidSetting
 */
export function xmlToJson(call: unknown): string {
  const { place: named, text, root, values, hints } = fieldsOf(call);
  const place = String(named ?? 'XmlUtils.toJson');
  const element = readXml(`${place}: xml`, textOf(`${place}: xml`, text));
  const reading = { values: values === true, hints: hints === true };
  const value = reading.hints && isTyped(element) ? typedRoot(element, reading) : jsonOf(element, reading);

  return JSON.stringify(root === true ? fields([[element.name, value]]) : value);
}

/** @throws InvalidSetting for what is no JSON, and for names that no element can have */
export function jsonToXml(call: unknown): string {
  const { place: named, text, rootName, typed, indent } = fieldsOf(call);
  const place = String(named ?? 'JsonUtils.convertJsonToXml');
  const value = parsed(`${place}: json`, textOf(`${place}: json`, text));
  if (typed === true || typed === false) {
    return typedXml(`${place}: json`, value, typed);
  }
  const name = rootName === undefined || rootName === null ? undefined : textOf(`${place}: rootName`, rootName);

  return checkedXml(`${place}: json`, xmlOf(`${place}: json`, value, name, indent === true));
}

function jsonOf(element: XmlElement, reading: Reading): unknown {
  const hint = reading.hints ? hintOf(element) : undefined;
  if (hint === 'array') {
    return element.elements.map((child) => jsonOf(child, reading));
  }
  const attributes = element.attributes.filter(([name]) => hint === undefined || !HINTS.includes(name));
  if (attributes.length === 0 && element.elements.length === 0 && hint !== 'object') {
    return hint === undefined ? simple(element.text, reading.values) : hinted(element.text, hint);
  }
  const entries = [
    ...attributes.map(
      ([name, value]) => [reading.hints ? `${ATTRIBUTE_MARK}${name}` : name, simple(value, reading.values)] as const,
    ),
    ...element.elements.map((child) => [child.name, jsonOf(child, reading)] as const),
    ...(element.text === ''
      ? []
      : [[reading.hints ? MARKED_TEXT : CONTENT, simple(element.text, reading.values)] as const]),
  ];

  return fields(entries);
}

/** What `typedXml` puts around a value has no hint: its name is one. */
function isTyped({ name, attributes, elements, text }: XmlElement): boolean {
  return (
    attributes.length === 0 &&
    text === '' &&
    (name === 'o' || (name === 'a' && elements.every((child) => child.name === 'e')))
  );
}

function typedRoot({ name, elements }: XmlElement, reading: Reading): unknown {
  return name === 'a'
    ? elements.map((child) => jsonOf(child, reading))
    : fields(elements.map((child) => [child.name, jsonOf(child, reading)] as const));
}

/** A name of several is a list of them. */
function fields(entries: readonly (readonly [string, unknown])[]): object {
  const groups = new Map<string, unknown[]>();
  for (const [name, value] of entries) {
    const group = groups.get(name);
    group === undefined ? groups.set(name, [value]) : group.push(value);
  }

  // Not assigned: a name could be one that objects have a setter for.
  return Object.fromEntries([...groups].map(([name, group]) => [name, group.length === 1 ? group[0] : group]));
}

function simple(text: string, values: boolean): unknown {
  if (!values) {
    return text;
  }
  if (/^(?:true|false)$/i.test(text)) {
    return text.toLowerCase() === 'true';
  }

  return text === 'null' ? null : NUMBER.test(text) ? Number(text) : text;
}

function hintOf({ attributes }: XmlElement): string | undefined {
  if (attributes.some(([name, value]) => name === 'null' && value === 'true')) {
    return 'null';
  }
  const hint = attributes.find(([name]) => name === 'type' || name === 'class')?.[1];

  return hint !== undefined && ['array', 'object', 'number', 'boolean', 'string'].includes(hint) ? hint : undefined;
}

function hinted(text: string, hint: string): unknown {
  if (hint === 'number') {
    return Number.isNaN(Number(text)) ? text : Number(text);
  }

  return hint === 'boolean' ? text === 'true' : hint === 'null' ? null : text;
}

function parsed(place: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidSetting(place, 'something else', 'JSON');
  }
}
