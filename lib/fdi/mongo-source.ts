import type { Duration } from 'aws-cdk-lib';
import type { MongoIncrement, MongoSource } from '../../core/fdi/run-mongo-source.ts';
import type { MetadataField } from '../../core/fdi/topic-task.ts';
import type { MongoLoginProps } from './database-login.ts';

/** Documents of a collection of MongoDB as a source. */
export interface MongoSourceProps {
  readonly mongodb: MongoLoginProps;
  readonly collection: string;
  /**
   * Which documents, as of `find`, in extended JSON: `{ status: { $ne: 'draft' } }`.
   * @default - all
   */
  readonly filter?: MongoSource['filter'];
  /**
   * What is read of a document: alias, type, path (`customer.name`, `items[0].sku`).
   * @default - the members of the newest documents, by their names
   */
  readonly fields?: readonly MetadataField[];
  /**
   * Reads only what a growing field says is new: a date, an ObjectId or a number. `boundary` is `closed` and `overlap` 0 unless they are given.
   * @default - everything each time
   */
  readonly increment?: Pick<MongoIncrement, 'field' | 'initial'> & {
    readonly boundary?: MongoIncrement['boundary'];
    /** For dates and ObjectIds a duration, for numbers a number. */
    readonly overlap?: Duration | number;
  };
  /**
   * How dates and times without an offset are meant, of texts and of `initial`; they are written in UTC.
   * @default 'UTC', which carries them as they are
   */
  readonly timeZone?: string;
  readonly table?: never;
  readonly database?: never;
  readonly http?: never;
  readonly files?: never;
  readonly redis?: never;
}

/** What the runner is told of it. */
export function mongoSourceOf(props: MongoSourceProps): MongoSource {
  const { collection, filter, fields, increment, timeZone = 'UTC' } = props;

  return {
    ...{ kind: 'mongodb', collection, timeZone },
    ...(filter !== undefined && { filter }),
    ...(fields !== undefined && { fields }),
    ...(increment !== undefined && { increment: incrementOf(increment) }),
  };
}

function incrementOf(increment: NonNullable<MongoSourceProps['increment']>): MongoIncrement {
  const { field, initial, boundary = 'closed', overlap = 0 } = increment;

  return {
    field,
    ...(initial !== undefined && { initial }),
    boundary,
    overlap: typeof overlap === 'number' ? overlap : overlap.toSeconds(),
  };
}
