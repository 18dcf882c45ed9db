import type { Step } from './step.ts';
import { tableNamed } from './table-calls.ts';
import { realTimeTasks, scheduledTaskNames } from './tasks.ts';
import type { WatchedPlatform } from './watched-platform.ts';

type SourceCheck = { readonly ok: boolean; readonly kind?: string };

/** What is done with every task, and every source, whatever it is. */
export function taskSteps(platform: WatchedPlatform): readonly Step[] {
  const { manage } = platform;
  const tasks = realTimeTasks(platform);

  return [
    ...Object.keys(platform.facts.apps).map((app) => ({
      name: `GET /apps/${app}/credentials`,
      run: async () => void (await manage('GET', `/apps/${app}/credentials`)),
    })),
    {
      name: 'test the database as a data source',
      async run() {
        const { items = [] } = (await manage('GET', '/datasources')) as { items?: { name: string }[] };
        for (const { name } of items) {
          const { checks } = (await manage('POST', `/datasources/${name}/test`, {})) as { checks: SourceCheck[] };
          // A table of a task that writes elsewhere is not there.
          const wrong = checks.filter(({ ok, kind }) => !ok && kind !== 'missing' && name !== 'Secured.source');
          if (wrong.length > 0) throw new RangeError(JSON.stringify({ name, wrong }));
        }
      },
    },
    ...[...tasks, ...scheduledTaskNames(platform)].map((task) => ({
      name: `read the log of ${task}`,
      run: async () => void (await manage('GET', `/tasks/${task}/logs`)),
    })),
    ...[...tasks, ...scheduledTaskNames(platform)].map((task) => ({
      name: `replay what is in the quarantine of ${task}`,
      async run() {
        const refusal = await manage('POST', `/tasks/${task}/rejected`, { code: 'none', overwrite: true }).catch(
          String,
        );
        // Its own function says so.
        if (typeof refusal === 'string' && !refusal.includes('writes elsewhere')) throw new RangeError(refusal);
      },
    })),
    ...tasks.map((task) => ({
      name: `stop and start the task ${task}`,
      async run() {
        await manage('POST', `/tasks/${task}/stop`, {});
        await forgetTests(platform, task);
        // One whose cluster speaks no TLS passes no test.
        await manage('POST', `/tasks/${task}/start`, task === 'Secured' ? { force: true } : {});
      },
      repeat: true,
    })),
  ];
}

/** So that what it reads and writes has to be tested before it is started. */
async function forgetTests(platform: WatchedPlatform, task: string): Promise<void> {
  const { call, table: TableName } = await tableNamed(platform, 'Catalog');
  for (const side of ['source', 'target']) {
    const Key = { kind: { S: 'source' }, name: { S: `${task}.${side}` } };
    const names = { ExpressionAttributeNames: { '#document': 'document' } };
    await call('UpdateItem', { ...{ TableName, Key, UpdateExpression: 'REMOVE #document.tested' }, ...names });
  }
}
