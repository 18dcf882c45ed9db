import { InvalidSetting } from '../errors.ts';
import { checkLength, checkOneOf } from './check-setting.ts';

const KINDS = ['product', 'model', 'topic', 'rule', 'subscription', 'app', 'task', 'api', 'backend', 'source'] as const;
export type CatalogKind = (typeof KINDS)[number];

/** One thing a stack declares and the management API can show. */
export interface CatalogEntry {
  readonly kind: CatalogKind;
  /** Unique in its kind. */
  readonly name: string;
  readonly document: CatalogDocument;
}

export type CatalogDocument = Readonly<Record<string, unknown>>;

/** An entry as CloudFormation hands it on: a document written as JSON text keeps its types, in a map booleans have become text. */
export interface CatalogEntryProperties {
  readonly kind: string;
  readonly name: string;
  readonly document: string | CatalogDocument;
}

/** Which fields of a document are booleans; of the same name inside its lists too. */
const BOOLEANS: Readonly<Record<CatalogKind, readonly string[]>> = {
  product: [],
  model: [],
  topic: [],
  rule: ['base64', 'deviceInfo', 'enabled'],
  subscription: [],
  app: [],
  task: ['started'],
  api: ['appCode', 'required'],
  backend: ['published', 'required'],
  source: [],
};

/** @throws InvalidSetting for a kind that does not exist, a name of 0 or more than 256 characters, a document that is no JSON object */
export function catalogEntry({ kind, name, document }: CatalogEntryProperties): CatalogEntry {
  checkOneOf<string>('catalogue: kind', kind, KINDS);
  checkLength(`catalogue: name of a ${kind}`, name, 1, 256);
  const known = kind as CatalogKind;
  const entry = typeof document === 'string' ? parsed(`${kind} ${name}`, document) : document;

  return { kind: known, name, document: withBooleans(entry, BOOLEANS[known]) as CatalogDocument };
}

function parsed(at: string, text: string): CatalogDocument {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as CatalogDocument;
    }
  } catch {
    // Falls through to the refusal below: no JSON and no object are the same mistake.
  }
  throw new InvalidSetting(`catalogue: document of ${at}`, text, 'a JSON object');
}

function withBooleans(value: unknown, fields: readonly string[], field = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withBooleans(item, fields));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBooleans(inner, fields, key)]));
  }

  return fields.includes(field) && (value === 'true' || value === 'false') ? value === 'true' : value;
}
