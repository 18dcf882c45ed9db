import { InvalidSetting } from '../../errors.ts';

const NAME = /^[A-Za-z_\u00c0-\ufffd][\w\u00b7-\ufffd.:-]*$/;
const MAX_DEPTH = 100;
const MAX_XML_CHARACTERS = 5 * 1024 * 1024;
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
/** What json-lib names a root that is an object, one that is a list, and what is in a list. */
const ROOT = 'o';
const LIST = 'a';
const ENTRY = 'e';

/**
 * An element for each field, several of its name for a list, as org.json writes them.
 *
 * @param name of an element around all of it
 * @throws InvalidSetting for a field that no element can be named after
 */
export function xmlOf(place: string, value: unknown, name: string | undefined, indent: boolean): string {
  const lines = name === undefined ? inner(place, value, 0) : elements(place, name, value, 0);

  return indent
    ? lines.map(([depth, text]) => `${'  '.repeat(depth)}${text}`).join('\n')
    : lines.map(([, text]) => text).join('');
}

/**
 * As json-lib writes it: `o` or `a` around it, what is in a list is `e`, fields `@name` are attributes and `#text` is text.
 *
 * @param types whether `type` and `class` say what was what
 */
export function typedXml(place: string, value: unknown, types: boolean): string {
  const name = Array.isArray(value) ? LIST : ROOT;

  return checkedXml(place, `${DECLARATION}\r\n${typedElement(place, name, value, types, 0)}\r\n`);
}

/** @throws InvalidSetting for one that is too long */
export function checkedXml(place: string, xml: string): string {
  if (xml.length > MAX_XML_CHARACTERS) {
    throw new InvalidSetting(place, `XML of ${xml.length} characters`, `at most ${MAX_XML_CHARACTERS}`);
  }

  return xml;
}

type Line = readonly [depth: number, text: string];

function elements(place: string, name: string, value: unknown, depth: number): Line[] {
  checkElement(place, name, depth);
  if (Array.isArray(value)) {
    return value.flatMap((entry) =>
      Array.isArray(entry)
        ? wrapped(
            name,
            entry.flatMap((one) => elements(place, 'array', one, depth + 1)),
            depth,
          )
        : elements(place, name, entry, depth),
    );
  }
  if (typeof value === 'object' && value !== null) {
    return wrapped(name, inner(place, value, depth + 1), depth);
  }
  const text = escaped(place, scalar(value));

  return [[depth, text === '' ? `<${name}/>` : `<${name}>${text}</${name}>`]];
}

function inner(place: string, value: unknown, depth: number): Line[] {
  if (Array.isArray(value)) {
    return elements(place, 'array', value, depth);
  }
  if (typeof value !== 'object' || value === null) {
    return [[depth, escaped(place, scalar(value))]];
  }

  return Object.entries(value).flatMap(([name, field]) =>
    name === 'content' && typeof field !== 'object'
      ? [[depth, escaped(place, scalar(field))] as const]
      : elements(place, name, field, depth),
  );
}

function wrapped(name: string, lines: readonly Line[], depth: number): Line[] {
  return lines.length === 0 ? [[depth, `<${name}/>`]] : [[depth, `<${name}>`], ...lines, [depth, `</${name}>`]];
}

function typedElement(place: string, name: string, value: unknown, types: boolean, depth: number): string {
  checkElement(place, name, depth);
  if (Array.isArray(value)) {
    const children = value.map((entry) => typedElement(place, ENTRY, entry, types, depth + 1));

    return tag(name, types && depth > 0 ? ' class="array"' : '', children.join(''));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const attributes = entries.filter(([field]) => field.startsWith('@'));
    const children = entries
      .filter(([field]) => !field.startsWith('@'))
      .map(([field, one]) =>
        field === '#text' ? escaped(place, scalar(one)) : typedElement(place, field, one, types, depth + 1),
      );
    const written = attributes.map(([field, one]) => attribute(place, field.slice(1), one, depth));

    return tag(name, `${types && depth > 0 ? ' class="object"' : ''}${written.join('')}`, children.join(''));
  }
  if (value === null) {
    return tag(name, types ? ' null="true"' : '', '');
  }

  return tag(name, types ? ` type="${typeof value}"` : '', escaped(place, scalar(value)));
}

function attribute(place: string, name: string, value: unknown, depth: number): string {
  checkElement(place, name, depth);

  return ` ${name}="${escaped(place, scalar(value))}"`;
}

function tag(name: string, attributes: string, content: string): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function checkElement(place: string, name: string, depth: number): void {
  if (!NAME.test(name) || name.length > 256) {
    throw new InvalidSetting(place, name.slice(0, 80), 'fields that an element of XML can be named after');
  }
  if (depth > MAX_DEPTH) {
    throw new InvalidSetting(place, 'more', `${MAX_DEPTH} levels`);
  }
}

function scalar(value: unknown): string {
  return value === null || value === undefined ? 'null' : String(value);
}

function escaped(place: string, text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML 1.0 has no way to write
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) {
    throw new InvalidSetting(place, 'a control character', 'texts that XML can hold');
  }

  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
