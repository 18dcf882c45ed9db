/** Keep-alive clients in a process of their own: what calling costs is not taken from whoever answers, as far as there are cores. */
import { Agent, request } from 'node:http';

export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Round {
  /** Called in turn. */
  readonly targets: readonly Target[];
  readonly clients: number;
  readonly milliseconds: number;
}

export interface RoundResult {
  readonly seconds: number;
  /** Of each answer, in ms. */
  readonly ms: readonly number[];
  /** The first answer that was not 200, with what it said. */
  readonly wrong?: string;
}

const agent = new Agent({ keepAlive: true });

process.on('message', (round: Round) => {
  run(round).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function run({ targets, clients, milliseconds }: Round): Promise<RoundResult> {
  const began = performance.now();
  const end = began + milliseconds;
  const ms: number[] = [];
  let next = 0;
  let wrong: string | undefined;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end && wrong === undefined) {
        const target = targets[next % targets.length] as Target;
        next += 1;
        const from = performance.now();
        const answer = await call(target);
        if (answer.status !== 200) wrong = `${target.url}: ${answer.status} ${answer.text}`;
        ms.push(performance.now() - from);
      }
    }),
  );

  return { seconds: (performance.now() - began) / 1000, ms, ...(wrong !== undefined && { wrong }) };
}

function call({ url, headers }: Target): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>();
  request(url, { agent, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', reject);
  })
    .on('error', reject)
    .end();

  return promise;
}
