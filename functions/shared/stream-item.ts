import { unmarshall } from '@aws-sdk/util-dynamodb';

/** An item, or its key, as a table's stream has it; undefined where it has none. */
export function itemOf(image: unknown): unknown {
  return image === undefined ? undefined : unmarshall(image as Parameters<typeof unmarshall>[0]);
}
