import { Lazy, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { CatalogKind } from '../../core/platform/catalog-entry.ts';
import type { HandlerFunction } from './handler-function.ts';
import { ProvidedResource } from './provided-resource.ts';
import { invalid } from './setting.ts';

interface CatalogEntry {
  readonly kind: CatalogKind;
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What the management API can list of a stack: one custom resource writes all of it. */
export class Catalog extends Construct {
  /** Whoever changes an entry at deployment comes after it. */
  readonly resource: ProvidedResource;
  readonly #entries = new Map<string, CatalogEntry>();

  constructor(scope: Construct, id: string, provider: HandlerFunction) {
    super(scope, id);
    this.resource = new ProvidedResource(this, 'Entries', {
      provider,
      kind: 'Catalog',
      properties: {
        Entries: Lazy.any({
          // As text, a document keeps its types: CloudFormation turns every boolean of a map into text.
          produce: () =>
            [...this.#entries.values()].map((entry) => ({
              ...entry,
              document: Stack.of(this).toJsonString(entry.document),
            })),
        }),
      },
    });
  }

  /** @throws InvalidSetting when the stack declares another of that kind and name */
  add(construct: Construct, kind: CatalogKind, name: string, document: Readonly<Record<string, unknown>>): void {
    const key = `${kind}/${name}`;
    if (this.#entries.has(key)) {
      throw invalid(construct, 'name', name, `a name no other ${kind} of the stack has`);
    }
    this.#entries.set(key, { kind, name, document });
  }
}
