import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import { createLogs } from '../../local/log.ts';
import { createStreamEngine } from '../../local/stream/engine.ts';

/** Puts records until it is killed, and prints each when it is acknowledged. Arguments: state folder, number of this life. */
const [state = '', life = ''] = process.argv.slice(2);
const engine = createStreamEngine({ state, logs: createLogs(state) });
await engine.start();
await engine.apply({ name: 'Events', mode: 'PROVISIONED', shards: 1, retentionHours: 24 });

for (let batch = 0; ; batch++) {
  const texts = Array.from({ length: 7 }, (_, index) => `${life}-${batch}-${index}`);
  await Promise.all(
    texts.map(async (text) => {
      await engine.put('Events', { data: Buffer.from(text), partitionKey: 'k' });
      writeSync(1, `${text}\n`);
    }),
  );
}
