import type { AwsEndpoint, AwsReply, AwsRequest } from '../shared/aws-endpoint.ts';
import { awsError } from '../shared/aws-endpoint.ts';

/** The things IoT would hold: name → type and attributes. */
type ThingsOnAws = Map<string, { readonly thingTypeName?: string; readonly attributes: Record<string, string> }>;

export interface RegistryOnAws {
  readonly things: ThingsOnAws;
  readonly secrets: Map<string, string>;
  /** Client ids that are connected. */
  readonly connected: Set<string>;
}

/** Makes the endpoint keep things, secrets and connections, and know one domain configuration. */
export function registryOnAws(aws: AwsEndpoint, { things, secrets, connected }: RegistryOnAws): void {
  aws.reply = (request) => {
    const [, kind, name = ''] = request.path.split('?')[0]?.split('/') ?? [];
    if (kind === 'things') {
      return thingReply(request, name, things);
    }
    if (kind === 'connections') {
      return connected.delete(name) ? { body: {} } : awsError('ResourceNotFoundException', 'not connected', 404);
    }
    if (kind === 'domainConfigurations') {
      return { body: { domainConfigurationName: name, domainName: 'abc-ats.iot.us-east-1.amazonaws.com' } };
    }
    if (request.operation === 'PutSecretValue') {
      secrets.set(request.body.SecretId, request.body.SecretString);
    }
    const text = secrets.get(request.body.SecretId);

    return text === undefined
      ? awsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
      : { body: { SecretString: text } };
  };
}

function thingReply({ method, body }: AwsRequest, name: string, things: ThingsOnAws): AwsReply {
  if (method === 'DELETE') {
    things.delete(name);

    return { body: {} };
  }
  if (things.has(name)) {
    return awsError('ResourceAlreadyExistsException', `Thing ${name} already exists`, 409);
  }
  things.set(name, { thingTypeName: body.thingTypeName, attributes: body.attributePayload.attributes });

  return { body: { thingName: name } };
}
