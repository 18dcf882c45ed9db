import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import type { CustomResourceHandler } from '../../../functions/shared/custom-resource.ts';

/** What CloudFormation got. */
export interface Received {
  readonly method: string;
  readonly contentType: string | undefined;
  readonly bytes: number;
  readonly body: Record<string, unknown>;
}

/** Sends custom resource events as CloudFormation does and takes the answers at an address of its own. */
export class CloudFormation {
  readonly received: Received[] = [];
  /** Answers to give to the next PUTs; 200 when there are none. */
  readonly statuses: number[] = [];
  readonly #server: Server;
  #url = '';

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        this.received.push({
          method: request.method ?? '',
          contentType: request.headers['content-type'],
          bytes: body.length,
          body: JSON.parse(body.toString('utf8')),
        });
        response.writeHead(this.statuses.shift() ?? 200).end();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    this.#url = `http://127.0.0.1:${port}/bucket/key?X-Amz-Signature=presigned-credential`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  event(
    type: 'Create' | 'Update' | 'Delete',
    properties: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ): CloudFormationCustomResourceEvent {
    return {
      RequestType: type,
      ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:provider',
      ResponseURL: this.#url,
      StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Parking/5b1c3a60-0000-11ef-8000-0e1234567890',
      RequestId: '7f2d1c90-8a1e-4a55-9a5e-1d2b3c4d5e6f',
      LogicalResourceId: 'Devices',
      ResourceType: 'Custom::CausewayDevices',
      ResourceProperties: { ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:provider', ...properties },
      ...(type === 'Create' ? {} : { PhysicalResourceId: 'Devices-0123456789ab' }),
      ...(type === 'Update' ? { OldResourceProperties: { ServiceToken: 'arn', ...properties } } : {}),
      ...more,
    } as CloudFormationCustomResourceEvent;
  }

  /** Invokes the handler and returns the answer CloudFormation got. */
  async send(
    handler: CustomResourceHandler,
    event: CloudFormationCustomResourceEvent,
    remainingMs: () => number = () => 60_000,
  ): Promise<Record<string, unknown>> {
    await handler(event, { getRemainingTimeInMillis: remainingMs });

    return this.received.at(-1)?.body ?? {};
  }
}
