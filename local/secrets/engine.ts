import { join } from 'node:path';
import { jsonService } from '../aws/json-service.ts';
import type { EngineHost, Secret, SecretsEngine } from '../engines.ts';
import { OPERATIONS } from './operations/index.ts';
import { CURRENT, SecretStore, type StoredSecret, versionAt } from './secret-store.ts';

export interface SecretsEngineOptions {
  readonly now?: () => number;
}

/** Secrets Manager on this machine. Contents never reach a log. */
export function createSecretsEngine(
  host: Pick<EngineHost, 'state'>,
  options: SecretsEngineOptions = {},
): SecretsEngine {
  const store = new SecretStore(join(host.state, 'secrets', 'secrets.json'), options.now ?? Date.now);

  return {
    services: [jsonService({ signingName: 'secretsmanager', version: '1.1', operations: OPERATIONS, context: store })],

    async start() {
      store.load();
    },

    async stop() {
      // nothing runs, and every change is on disk already
    },

    find(id) {
      const secret = store.find(id);

      return secret === undefined || secret.deletion !== undefined ? undefined : currentOf(secret);
    },

    async put(name, secretString, { description, tags } = {}) {
      const existing = store.find(name);
      const details = { tags: tags ?? existing?.tags ?? {}, ...(description !== undefined && { description }) };
      const secret =
        existing === undefined
          ? await store.create(name, details)
          : await store.replace(restored({ ...existing, ...details }));
      if (currentOf(secret)?.secretString !== secretString) await store.addVersion(secret, { secretString });

      return currentOf(store.get(name)) as Secret;
    },

    async remove(id) {
      const secret = store.find(id);
      if (secret !== undefined) await store.delete(secret);
    },
  };
}

function currentOf(secret: StoredSecret): Secret | undefined {
  const version = versionAt(secret, CURRENT);
  if (version?.secretString === undefined) return undefined;

  return { arn: secret.arn, name: secret.name, versionId: version.id, secretString: version.secretString };
}

/** A secret of the template that was deleted by hand is there again. */
function restored({ deletion: _, ...secret }: StoredSecret): StoredSecret {
  return secret;
}
