import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from '../platform.ts';

export const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number] | 'none';

/** A cluster of librdkafka's mock brokers, which speak Kafka's protocol on loopback and forget everything when they end. */
export interface MockCluster {
  /** `host:port,host:port` */
  readonly brokers: string;
  /** Produces records to one partition, in order. @param codec plain without one */
  produce(topic: string, partition: number, values: readonly string[], codec?: Codec): Promise<void>;
  stop(): Promise<void>;
}

/** Started by kcat, which has no option for it: a producer that never produces, with the mock switched on. */
export async function startMockCluster(brokers = 2): Promise<MockCluster> {
  const options = ['-X', `test.mock.num.brokers=${brokers}`, '-X', 'debug=mock'];
  const child = spawn('kcat', ['-P', '-b', 'none:1', '-t', 'none', ...options], { stdio: ['pipe', 'ignore', 'pipe'] });
  const servers = await bootstrapServers(child);

  return {
    brokers: servers,
    async produce(topic, partition, values, codec = 'none') {
      const place = ['-b', servers, '-t', topic, '-p', String(partition), '-z', codec];
      const { code, stderr } = await run('kcat', ['-P', ...place], `${values.join('\n')}\n`);
      if (code !== 0) throw new NotProduced(stderr);
    },
    async stop() {
      const gone = once(child, 'exit');
      // It waits for the end of its input, whatever else it is told.
      child.kill('SIGKILL');
      await gone;
    },
  };
}

class NotProduced extends Error {
  override readonly name = 'NotProduced';
}

/** As the mock says them in its debug log. */
function bootstrapServers(child: ChildProcess): Promise<string> {
  let text = '';

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stderr?.on('data', (chunk) => {
      text += chunk;
      const [, servers] = /bootstrap\.servers=(\S+)/.exec(text) ?? [];
      if (servers !== undefined) resolve(servers);
    });
  });
}
