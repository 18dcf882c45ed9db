import type { TopicPlace, TopicReader, TopicRecord } from './topic-reader.ts';

export interface Walk {
  readonly streamArn: string;
  readonly shard: string;
  readonly from: TopicPlace;
  /** No more records than this are looked at. */
  readonly most: number;
  /** Up to this record, itself included; padded. */
  readonly through?: string;
  /** Up to this record, itself not included; padded. */
  readonly before?: string;
}

export interface Walked {
  readonly count: number;
  /** There are more than `most`. */
  readonly more: boolean;
  /** The first one, and no others. */
  readonly records: readonly TopicRecord[];
}

const PAGE = 10_000;

/** Counts the records of a shard from a place on. */
export async function walkBehind(topics: Pick<TopicReader, 'pages'>, walk: Walk): Promise<Walked> {
  const { streamArn, shard, from, most, through, before } = walk;
  const wanted = ({ sequence }: TopicRecord) =>
    (through === undefined || sequence <= through) && (before === undefined || sequence < before);
  let count = 0;
  let first: TopicRecord | undefined;
  for await (const page of topics.pages(streamArn, shard, from, Math.min(PAGE, most))) {
    const within = page.filter(wanted);
    first ??= within[0];
    count += within.length;
    if (count >= most || within.length < page.length) {
      break;
    }
  }

  return { count: Math.min(count, most), more: count >= most, records: first === undefined ? [] : [first] };
}
