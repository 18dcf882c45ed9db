import type { Buffer } from 'node:buffer';
import type { EventStream } from './event-stream.ts';

/** Who is calling: a session of a role, made by `iam.credentials`. */
export interface Principal {
  /** `arn:aws:iam::000000000000:role/<role>` */
  readonly roleArn: string;
  /** `arn:aws:sts::000000000000:assumed-role/<role>/<session>`: how AWS names the caller in its messages. */
  readonly sessionArn: string;
}

export interface AwsRequest {
  readonly method: string;
  /** Decoded by nobody: as it came, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The part of `X-Amz-Target` after the dot; absent in REST protocols. */
  readonly operation?: string;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer | EventStream;
}

/** One permission a request needs before the service sees it. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly conditionKeys?: Readonly<Record<string, string>>;
}

/** One AWS API: what a request needs, and what it does. Throws `AwsError` for what AWS refuses. */
export interface AwsService {
  /** As it stands in the credential scope: `kinesis`, `rds-data`, `secretsmanager`, `dynamodb`, `iot`, `iotdata`, `lambda`, `s3`. */
  readonly signingName: string;
  /** An unknown operation is refused here (`UnknownOperationException`), so that nothing unnamed reaches `handle`. */
  needs(request: AwsRequest): readonly Need[];
  handle(request: AwsRequest, caller: Principal): Promise<AwsResponse>;
  /** For a service whose errors are no JSON. */
  renderError?(error: unknown, requestId: string): AwsResponse;
}
