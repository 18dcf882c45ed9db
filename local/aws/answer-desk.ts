import { randomBytes } from 'node:crypto';
import { AwsError } from '../errors.ts';
import type { AwsRequest } from './service.ts';

export const ANSWER_PATH = '/_cloudformation/';

/** CloudFormation reads at most 4,096 bytes. Ref: AWSCloudFormation/latest/UserGuide/crpg-ref-responses */
const MAX_ANSWER_BYTES = 4096;

export interface AnswerDesk {
  expect(baseUrl: string): { readonly url: string; readonly answer: Promise<unknown>; cancel(): void };
  /** Takes an answer. The random part of its path is the permission, as the signature of a real ResponseURL is. */
  accept(request: AwsRequest): void;
}

/** Where custom resources send their answers: one address for one answer. */
export function createAnswerDesk(): AnswerDesk {
  const waiting = new Map<string, (answer: unknown) => void>();

  return {
    expect(baseUrl) {
      const token = randomBytes(24).toString('hex');
      const answer = new Promise<unknown>((resolve) => waiting.set(token, resolve));

      return { url: `${baseUrl}${ANSWER_PATH}${token}`, answer, cancel: () => void waiting.delete(token) };
    },
    accept({ method, path, body }) {
      const token = path.slice(ANSWER_PATH.length);
      const resolve = waiting.get(token);
      if (method !== 'PUT' || resolve === undefined) throw new AwsError('AccessDenied', 'Access Denied', 403);
      if (body.length > MAX_ANSWER_BYTES) {
        throw new AwsError('EntityTooLarge', `An answer to CloudFormation has at most ${MAX_ANSWER_BYTES} bytes`);
      }
      const answer = parse(body.toString('utf8'));
      waiting.delete(token);
      resolve(answer);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('MalformedPOSTRequest', 'An answer to CloudFormation is a JSON object');
  }
}
