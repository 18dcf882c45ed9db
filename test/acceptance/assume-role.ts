import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { LocalFile } from './platform.ts';

export interface TemporaryKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What a person's tools do: a role for a while, with the key of `local.json`. */
export async function assumeRole({ aws }: LocalFile, role: string): Promise<TemporaryKey> {
  const RoleArn = `arn:aws:iam::000000000000:role/${role}`;
  const body = new URLSearchParams({ Action: 'AssumeRole', RoleArn, RoleSessionName: 'me', Version: '2011-06-15' });
  const { hostname, host } = new URL(aws.endpoint);
  const signer = new SignatureV4({ service: 'sts', region: aws.region, credentials: aws, sha256: Sha256 });
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const { headers } = await signer.sign({
    ...{ method: 'POST', protocol: 'http:', hostname, path: '/', query: {}, body: body.toString() },
    headers: { host, ...type },
  });
  const { host: _, ...sent } = headers;
  const response = await fetch(`${aws.endpoint}/`, { method: 'POST', headers: sent, body: body.toString() });
  const text = await response.text();
  const of = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1] as string;

  return { accessKeyId: of('AccessKeyId'), secretAccessKey: of('SecretAccessKey'), sessionToken: of('SessionToken') };
}
