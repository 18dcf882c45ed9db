import { Sha256 } from '@aws-crypto/sha256-js';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { CommandFailed } from '../errors.ts';
import { basicHeaders, exchange } from '../http.ts';
import type { Transport } from '../management/calls.ts';
import { createManagementClient } from '../management-client.ts';
import type { Platform } from './platform.ts';

/** The output of the platform's stack that names its management API: `{"restApi", "stage", "url"}`. */
const OUTPUT = 'CausewayManagement';

/** The platform of a stack in the AWS account and region that the usual environment and profile name. */
export async function stackPlatform(stack: string, memory: string): Promise<Platform> {
  const cloudformation = new CloudFormationClient({});
  const url = await managementUrl(cloudformation, stack);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: await cloudformation.config.region(),
    credentials: defaultProvider(),
    sha256: Sha256,
  });

  return { client: createManagementClient(signedTransport(url, signer)), memory };
}

async function managementUrl(cloudformation: CloudFormationClient, stack: string): Promise<string> {
  const answer = await cloudformation.send(new DescribeStacksCommand({ StackName: stack })).catch((cause: Error) => {
    throw new CommandFailed(`Stack ${stack} cannot be looked up: ${cause.message}`, { cause });
  });
  const output = answer.Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
  if (output === undefined) {
    throw new CommandFailed(
      `Stack ${stack} has no output ${OUTPUT}: it is not the stack of a Causeway platform. Its name ends in "Platform".`,
    );
  }
  return (JSON.parse(output) as { url: string }).url.replace(/\/$/, '');
}

/** AWS Signature Version 4 over each request, as API Gateway asks of `AWS_IAM` methods. */
export function signedTransport(base: string, signer: Pick<SignatureV4, 'sign'>): Transport {
  return async ({ method, path, query, body }) => {
    const search = new URLSearchParams(query).toString().replaceAll('+', '%20');
    const url = `${base}${path}${search === '' ? '' : `?${search}`}`;
    const { protocol, hostname, host, pathname } = new URL(url);
    const sent = body === undefined ? {} : { body };
    const { headers } = await signer.sign({
      ...{ method, protocol, hostname, path: pathname, query: { ...query }, ...sent },
      headers: { host, 'content-type': 'application/json' },
    });
    const response = await exchange({ method, url, headers: { ...basicHeaders(url, body), ...headers }, ...sent });

    return { status: response.status, body: response.body.toString('utf8') };
  };
}
