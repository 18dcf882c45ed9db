import { isOfTask } from './scheduled-steps.ts';
import type { Step } from './step.ts';
import { realTimeTasks } from './tasks.ts';
import type { WatchedPlatform } from './watched-platform.ts';

const A_MINUTE_MS = 90_000;

/** Tasks that begin anew. */
export function resetSteps(platform: WatchedPlatform): readonly Step[] {
  return realTimeTasks(platform).map((task) => ({
    name: `reset ${task} to what comes from now on`,
    async run() {
      // One that is stopped has no mapping that would be made anew.
      await platform.manage('POST', `/tasks/${task}/start`, { force: true });
      await platform.manage('POST', `/tasks/${task}/reset`, { to: 'latest' });
    },
    repeat: true,
  }));
}

/** What stacks make by functions of ours, made again. */
export function deploymentSteps({ deployed, engines, policies, manage }: WatchedPlatform): readonly Step[] {
  const again = deployed.map((one) => ({ name: `deploy ${one.name} again`, run: () => one.again(), repeat: true }));
  const fanOut = deployed
    .filter(({ properties: { StreamArn = '', ConsumerArn } }) => /^arn:/.test(String(StreamArn)) && !ConsumerArn)
    .map((task) => ({
      name: `give ${task.name} enhanced fan-out and take it back`,
      async run() {
        const { Task, StreamArn, FunctionArn } = task.properties as Record<
          'Task' | 'StreamArn' | 'FunctionArn',
          string
        >;
        // The new mapping then has to be let invoke the function in the task's epoch.
        await manage('POST', `/tasks/${Task}/reset`, { to: 'latest' });
        const role = engines.lambda.functions.get(FunctionArn).roleArn.split('/').at(-1) ?? '';
        const { arn: ConsumerArn } = await engines.stream.applyConsumer(StreamArn, 'tried');
        const takeBack = policies.grant(role, ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard']);
        try {
          await task.changed({ ConsumerArn });
        } finally {
          takeBack();
        }
      },
      repeat: true,
    }));

  const brokers = deployed
    .filter(({ properties }) => 'Kafka' in properties)
    .map((task) => ({
      name: `give ${task.name} other brokers and take them back`,
      async run() {
        const { Task, Kafka } = task.properties as Record<'Task' | 'Kafka', string>;
        // The new mapping has to invoke the function in the task's epoch.
        await manage('POST', `/tasks/${Task}/reset`, { to: 'latest' });
        await task.changed({ Kafka: Kafka.replace('127.0.0.1', 'localhost') });
      },
      repeat: true,
    }));

  return [...again, ...fanOut, ...brokers];
}

/** The account of a new mapping begins with the first whole minute; only then metrics and topics are asked. */
export function ledgerSteps(platform: WatchedPlatform, task: string): readonly Step[] {
  const untilCounted = async (act: () => Promise<unknown>) => {
    let counted = false;
    const stop = platform.policies.watch(({ action }) => {
      counted ||= action === 'cloudwatch:GetMetricData';
    });
    try {
      const acted = async () => {
        await act();
        return counted;
      };
      await platform.patience.until('the account of a minute', acted, A_MINUTE_MS);
    } finally {
      stop();
    }
  };

  // Those of tasks count nothing, and have steps of their own.
  const keepers = platform.scheduled.filter(({ functionArn }) => !isOfTask(functionArn));
  const shown = async () => {
    // Whoever shows an account opens none.
    await Promise.all(keepers.map(({ run }) => run()));
    await platform.manage('GET', `/tasks/${task}/ledger`);
  };

  return [
    ...keepers.map(({ functionArn, run }) => ({
      name: `run ${functionArn.split(':').at(-1)} as its schedule does`,
      run: () => untilCounted(run),
      slow: true,
    })),
    {
      name: `GET /tasks/${task}/ledger`,
      run: () => untilCounted(shown),
      slow: true,
    },
  ];
}
