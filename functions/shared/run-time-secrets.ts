import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { QUICK } from './client-options.ts';

let client: SecretsManagerClient | undefined;

/** Makes a secret that holds a value as JSON, and answers its ARN. */
export async function createSecret(name: string, value: object, description: string): Promise<string> {
  client ??= new SecretsManagerClient(QUICK);
  const { ARN } = await client.send(
    new CreateSecretCommand({ Name: name, Description: description, SecretString: JSON.stringify(value) }),
  );

  return String(ARN);
}

/** Deletes a secret at once: what it opened is closed already, so there is nothing to recover. No matter if it exists. */
export async function deleteSecret(arn: string): Promise<void> {
  client ??= new SecretsManagerClient(QUICK);
  try {
    await client.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) {
      throw error;
    }
  }
}
