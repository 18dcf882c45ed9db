import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { InvalidSetting } from '../errors.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly elements: readonly XmlElement[];
  /** All text in it, that of its elements left out; without the space around it. */
  readonly text: string;
}

const MAX_XML_BYTES = 1024 * 1024;
const MAX_DEPTH = 100;
/** Of what is said to be wrong, in characters. */
const MAX_PROBLEM = 200;
const TEXT = '#text';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const ENTITY = /&([^;&\s]{0,32});?/g;

type Node = Readonly<Record<string, unknown>>;

/** Only what is written is read: entities are put in their place here, where none can be declared. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  cdataPropName: CDATA,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false,
  maxNestedTags: MAX_DEPTH + 1,
});

/**
 * The root element of an XML text.
 *
 * @throws InvalidSetting for a text that is no XML, too long or too deep, and for one with a document type: it could declare entities, which make
 * a short text a huge one or name files
 */
export function readXml(place: string, text: string): XmlElement {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_XML_BYTES) {
    throw new InvalidSetting(place, `${bytes} bytes`, `XML of at most ${MAX_XML_BYTES} bytes`);
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new InvalidSetting(place, 'a document type (DOCTYPE)', 'XML without one');
  }
  const problem = XMLValidator.validate(text);
  if (problem !== true) {
    const { msg, line, col } = problem.err;
    // It may hold all names that are open, or a megabyte of one.
    throw new InvalidSetting(place, `line ${line}, column ${col ?? 1}: ${msg.slice(0, MAX_PROBLEM)}`, 'XML');
  }
  const roots = parsed(place, text).filter((node) => nameOf(node) !== undefined);
  // The validation overlooks those that are empty.
  if (roots.length !== 1) {
    throw new InvalidSetting(place, `${roots.length} elements`, 'XML with one root');
  }

  return elementOf(place, roots[0] as Node, 1);
}

function parsed(place: string, text: string): Node[] {
  try {
    return parser.parse(text) as Node[];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InvalidSetting(
      place,
      message.replace(/^\[SECURITY\] /, ''),
      `XML of at most ${MAX_DEPTH} elements in one another, none named as what all objects have`,
    );
  }
}

function elementOf(place: string, node: Node, depth: number): XmlElement {
  if (depth > MAX_DEPTH) {
    throw new InvalidSetting(place, 'more', `XML of at most ${MAX_DEPTH} elements in one another`);
  }
  const name = nameOf(node) as string;
  const children = node[name] as Node[];
  const attributes = Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>);
  const elements = children.filter((child) => nameOf(child) !== undefined);

  return {
    name,
    attributes: attributes.map(([key, value]) => [key, decoded(place, value)]),
    elements: elements.map((child) => elementOf(place, child, depth + 1)),
    text: children
      .map((child) => textOf(place, child))
      .join('')
      .trim(),
  };
}

function nameOf(node: Node): string | undefined {
  return Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT && key !== CDATA);
}

function textOf(place: string, node: Node): string {
  if (typeof node[TEXT] === 'string') {
    return decoded(place, node[TEXT]);
  }
  const data = (node[CDATA] ?? []) as Node[];

  return data.map((part) => String(part[TEXT] ?? '')).join('');
}

function decoded(place: string, text: string): string {
  return text.replace(ENTITY, (entity, name: string) => {
    const character = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : numbered(name);
    if (character === undefined) {
      throw new InvalidSetting(place, entity, `&lt; &gt; &amp; &quot; &apos; and characters by number`);
    }

    return character;
  });
}

/** XML 1.0, 2.2: what is a character. */
function numbered(name: string): string | undefined {
  const [, hexadecimal, decimal] = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name) ?? [];
  const code = hexadecimal === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hexadecimal, 16);
  const isCharacter =
    (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0x10ffff) || [0x9, 0xa, 0xd].includes(code);

  return isCharacter ? String.fromCodePoint(code) : undefined;
}
