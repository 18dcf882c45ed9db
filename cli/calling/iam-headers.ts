import type { RequestToSign } from '../../core/apic/signature.ts';
import type { CliContext } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import type { LocalFile } from '../platform/local-file.ts';

interface Surroundings {
  readonly local: LocalFile | undefined;
  readonly env: CliContext['env'];
}

/**
 * Signature Version 4 over a call, as a principal of AWS makes it: the platform's own on this machine, that of the environment or profile
 * otherwise.
 */
export async function iamHeaders(
  request: RequestToSign,
  { local, env }: Surroundings,
): Promise<Record<string, string>> {
  // Only who needs them waits for the SDK's parts.
  const [{ SignatureV4 }, { Sha256 }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
    import('@aws-sdk/credential-provider-node'),
  ]);
  const { method, url, headers = {}, body } = request;
  const signer = new SignatureV4({
    service: 'execute-api',
    region: local?.aws.region ?? regionOf(url, env),
    credentials: local?.aws ?? defaultProvider(),
    sha256: Sha256,
  });
  const signed = await signer.sign({
    ...{ method, protocol: url.protocol, hostname: url.hostname, path: url.pathname },
    query: Object.fromEntries(
      [...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]),
    ),
    headers: { ...headers, host: url.host },
    ...(body !== undefined && { body }),
  });

  return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host' && !(name in headers)));
}

/** An API's own address names it; at an own domain the environment does. */
function regionOf({ hostname }: URL, env: CliContext['env']): string {
  const region = /\.execute-api\.([a-z0-9-]+)\./.exec(hostname)?.[1] ?? env['AWS_REGION'];
  if (region === undefined) {
    throw new CommandFailed(`The region of ${hostname} is not known. Set AWS_REGION to it.`);
  }
  return region;
}
