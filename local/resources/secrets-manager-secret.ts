import type { SecretsEngine } from '../engines.ts';
import { type GenerateSecretString, generateSecretString } from '../secrets/generate-secret-string.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly Name?: string;
  readonly Description?: string;
  readonly SecretString?: string;
  readonly GenerateSecretString?: GenerateSecretString;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** AWS::SecretsManager::Secret. A value is made once and again when what it is made from changes, never at a mere start. */
export const secretsManagerSecret = resource<Properties>('AWS::SecretsManager::Secret', {
  async apply({ properties, previous, engines, name }) {
    const secretName = properties.Name ?? name(512);
    const { Description, Tags = [] } = properties;
    const kept = isMadeFromTheSame(properties, previous?.properties) ? engines.secrets.find(secretName) : undefined;
    const secret = await engines.secrets.put(secretName, kept?.secretString ?? newValue(properties), {
      ...(Description !== undefined && { description: Description }),
      tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
    });

    return { ref: secret.arn, attributes: { Id: secret.arn } };
  },

  remove: ({ previous, engines }) => removeSecret(engines.secrets, previous?.ref),
});

async function removeSecret(secrets: SecretsEngine, arn: string | undefined): Promise<void> {
  if (arn !== undefined) await secrets.remove(arn);
}

/** The state may be younger than the secret (it was retained, or a start failed): then what is there stays. */
function isMadeFromTheSame(now: Properties, before: Properties | undefined): boolean {
  if (before === undefined) return true;

  return (
    now.SecretString === before.SecretString &&
    JSON.stringify(now.GenerateSecretString) === JSON.stringify(before.GenerateSecretString)
  );
}

function newValue({ SecretString, GenerateSecretString: options }: Properties): string {
  return SecretString ?? generateSecretString(options ?? {});
}
