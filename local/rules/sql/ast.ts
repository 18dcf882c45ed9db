/** A value of the rules engine's SQL. `undefined` is SQL's Undefined; a number is an Int when it is whole (2016-03-23). */
export type SqlValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | readonly SqlValue[]
  | { readonly [key: string]: SqlValue };

export type BinaryOperator = 'OR' | 'AND' | '=' | '<>' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

export type CastType = 'String' | 'Int' | 'Decimal' | 'Boolean';

export type Expression =
  | { readonly kind: 'literal'; readonly value: SqlValue }
  /** A key of the payload's top level. */
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly at: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** `encode(*, 'base64')`: the payload's own bytes, whatever they are. */
  | { readonly kind: 'encode-payload' }
  | { readonly kind: 'cast'; readonly value: Expression; readonly to: CastType }
  | { readonly kind: 'not'; readonly value: Expression }
  | { readonly kind: 'negate'; readonly value: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'case';
      readonly value: Expression;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise?: Expression;
    }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly { readonly key: string; readonly value: Expression }[] };

export type SelectItem =
  | { readonly kind: 'all' }
  /** `as` has several parts when the alias has dots: `AS a.b` nests. */
  | { readonly kind: 'named'; readonly value: Expression; readonly as: readonly string[] };

export interface SelectStatement {
  /** `SELECT VALUE x`: the outgoing payload is x itself, not an object. */
  readonly select: { readonly value: Expression } | { readonly items: readonly SelectItem[] };
  /** Absent: the rule is reached through Basic Ingest only. */
  readonly from?: string;
  readonly where?: Expression;
}
