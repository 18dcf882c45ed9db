import { gunzipSync } from 'node:zlib';
import { AwsError } from '../errors.ts';
import { EVENT_STREAM, EventStream } from './event-stream.ts';
import { checkShape, type Shape } from './request-shape.ts';
import type { AwsRequest, AwsService, Need } from './service.ts';

/** One operation of an API that speaks AWS JSON: the input is checked against `input` before anything else sees it. */
export interface JsonOperation<C> {
  readonly name: string;
  readonly input: Shape;
  needs(input: never, context: C): readonly Need[];
  /** Answers the output's members, or the stream of its events. */
  run(input: never, context: C): Promise<unknown>;
}

export interface JsonServiceOptions<C> {
  readonly signingName: string;
  /** Named in `Content-Type`: `application/x-amz-json-<version>`. */
  readonly version: '1.0' | '1.1';
  readonly operations: ReadonlyMap<string, JsonOperation<C>>;
  readonly context: C;
}

interface Call<C> {
  readonly operation: JsonOperation<C>;
  readonly input: never;
}

/** Serves the operations. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function jsonService<C>({ signingName, version, operations, context }: JsonServiceOptions<C>): AwsService {
  // A request is read once, although it is asked for its needs before it is handled.
  const calls = new WeakMap<AwsRequest, Call<C>>();
  const callOf = (request: AwsRequest): Call<C> => {
    const known = calls.get(request);
    if (known !== undefined) return known;
    const operation = operations.get(request.operation ?? '');
    if (operation === undefined) {
      throw new AwsError('UnknownOperationException', `${request.operation ?? 'no operation'} is not served locally.`);
    }
    const document = parse(request);
    checkShape(operation.input, document);
    const call = { operation, input: document as never };
    calls.set(request, call);

    return call;
  };

  return {
    signingName,
    needs(request) {
      const { operation, input } = callOf(request);

      return operation.needs(input, context);
    },
    async handle(request) {
      const { operation, input } = callOf(request);
      const output = await operation.run(input, context);
      if (output instanceof EventStream) {
        return { status: 200, headers: { 'content-type': EVENT_STREAM }, body: output };
      }

      return {
        status: 200,
        headers: { 'content-type': `application/x-amz-json-${version}` },
        body: JSON.stringify(output),
      };
    },
  };
}

/** The SDK compresses large requests of some APIs (PutMetricData from 10 KB on). smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait */
const MAX_INFLATED_BYTES = 16 << 20;

function parse({ body, headers }: AwsRequest): unknown {
  if (body.length === 0) return {};
  try {
    const isCompressed = headers['content-encoding'] === 'gzip';
    const plain = isCompressed ? gunzipSync(body, { maxOutputLength: MAX_INFLATED_BYTES }) : body;

    return JSON.parse(plain.toString());
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
}
