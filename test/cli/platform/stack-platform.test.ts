import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@aws-crypto/sha256-js';
import { expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { signedTransport } from '../../../cli/platform/stack-platform.ts';

const signer = new SignatureV4({
  service: 'execute-api',
  region: 'eu-west-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' },
  sha256: Sha256,
});

test('requests go below the stage, signed for the host they reach, with the session token', async () => {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.end('{"items":[]}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = signedTransport(`http://${host}/RELEASE`, signer);
  const answer = await transport({ method: 'GET', path: '/devices', query: { product: 'Parking Sensor' } });
  await new Promise((done) => server.close(done));

  const [request] = requests;
  expect(answer).toEqual({ status: 200, body: '{"items":[]}' });
  expect(request?.url).toBe('/RELEASE/devices?product=Parking%20Sensor');
  expect(request?.headers.host).toBe(host);
  expect(request?.headers['x-amz-security-token']).toBe('session');
  expect(request?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=[^,]*host[^,]*, Signature=[0-9a-f]{64}$/,
  );
});
