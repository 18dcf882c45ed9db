/**
 * What a `#{variable}` of scripts stands for: a value known at synthesis, one that an environment variable of the function holds, or a secret,
 * whose ARN an environment variable holds. `key` picks one field of a secret that is JSON.
 */
export type ScriptVariable =
  | { readonly value: string }
  | { readonly environment: string }
  | { readonly secret: string; readonly key?: string };

/** What `CipherUtils` of scripts finds, by name: secrets, read when a script asks for one. */
export interface ScriptPasswords {
  readonly passwords: Readonly<Record<string, ScriptVariable>>;
  /** Their secrets hold JSON: `certificate`, `privateKey`, `passphrase`. */
  readonly certificates: Readonly<Record<string, ScriptVariable>>;
  /** Of sources, by host. */
  readonly authorities?: Readonly<Record<string, ScriptVariable>>;
}
