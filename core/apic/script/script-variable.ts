/**
 * What a `#{variable}` of scripts stands for: a value known at synthesis, one that an environment variable of the function holds, or a secret,
 * whose ARN an environment variable holds. `key` picks one field of a secret that is JSON.
 */
export type ScriptVariable =
  | { readonly value: string }
  | { readonly environment: string }
  | { readonly secret: string; readonly key?: string };
