import type { AwsEndpoint } from './aws-endpoint.ts';
import { awsError } from './aws-endpoint.ts';

/** Makes the endpoint keep secrets: name or ARN → text. A secret must be here before it is read or written. */
export function secretStore(aws: AwsEndpoint, secrets: Map<string, string>): void {
  aws.reply = ({ operation, body }) => {
    const text = secrets.get(body.SecretId);
    if (text === undefined) {
      return awsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    if (operation === 'PutSecretValue') {
      secrets.set(body.SecretId, body.SecretString);

      return { body: { ARN: body.SecretId } };
    }

    return { body: { ARN: body.SecretId, SecretString: text } };
  };
}
