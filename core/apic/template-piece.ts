import type { BoundParameter } from '../sql/bound-parameter.ts';
import type { ApiParameter } from './api-definition.ts';

/** A statement as the parser leaves it: what is fixed, what is bound, what is optional. */
export type SqlPiece = { readonly kind: 'sql'; readonly text: string } | Bound | Block;

export interface Bound {
  readonly kind: 'bound';
  readonly name: string;
  /** `typed`: by its declared type · `text`: inside a literal · `list`: alone in the brackets of `in (…)` */
  readonly use: 'typed' | 'text' | 'list';
}

/** `[…]`: part of the statement only when all of `names` have a value. */
export interface Block {
  readonly kind: 'block';
  readonly names: readonly string[];
  readonly pieces: readonly SqlPiece[];
}

export interface RenderedSql {
  readonly sql: string;
  readonly parameters: readonly BoundParameter[];
}

/** What the parser works on. */
export interface TemplateSource {
  /** One statement. */
  readonly sql: string;
  readonly declared: ReadonlyMap<string, ApiParameter>;
  /** Where it stands, for messages. */
  readonly setting: string;
}
