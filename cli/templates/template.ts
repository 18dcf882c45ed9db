/** A backend's name in the forms its files need. */
export interface BackendName {
  /** The file, the API and a part of its path: `order-lines`. */
  readonly kebab: string;
  /** Constructs: `OrderLines`. */
  readonly pascal: string;
  /** Variables: `orderLines`. */
  readonly camel: string;
}

/** How a file imports a module of the constructs: `apic/api-function.ts` → `../../../lib/apic/api-function.ts`. */
export type Library = (module: string) => string;

/** What a backend starts from: a file that runs as it is. */
export interface Template {
  /** What it is, for the help. */
  readonly summary: string;
  /** Below the integration's folder: `scripts/order-lines.js`. */
  file(name: BackendName): string;
  /** What the file holds. */
  text(name: BackendName, library: Library): string;
  /** What its stack needs, where `app` and `group` are at hand: imports, and statements. */
  stack(name: BackendName, library: Library): { readonly imports: readonly string[]; readonly statements: string };
  /** What tries it out, behind `causeway`; GROUP stands for the API group. */
  trial(name: BackendName): string;
}

/** `order-lines`, `orderLines` and `OrderLines` are one name; undefined for what is none. */
export function backendName(given: string): BackendName | undefined {
  const kebab = given.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  if (!/^(?=.{3,50}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab)) {
    return undefined;
  }
  const pascal = kebab.replace(/(?:^|-)([a-z0-9])/g, (_, first: string) => first.toUpperCase());

  return { kebab, pascal, camel: `${pascal[0]?.toLowerCase()}${pascal.slice(1)}` };
}
