/** A value bound to `:name`; the shape of the RDS Data API's `SqlParameter` without the kinds we do not use. */
export interface BoundParameter {
  readonly name: string;
  readonly value:
    | { readonly isNull: true }
    | { readonly stringValue: string }
    | { readonly longValue: number }
    | { readonly doubleValue: number }
    | { readonly booleanValue: boolean };
}
