import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ApiGroup } from '../../lib/apic/api-group.ts';
import { DataApi } from '../../lib/apic/data-api.ts';
import { RealtimeTask } from '../../lib/fdi/realtime-task.ts';
import { ScheduledTask } from '../../lib/fdi/scheduled-task.ts';
import { ForwardingRule } from '../../lib/link/forwarding-rule.ts';
import { sandbox, sensorOf, tableOf, templateOf, topicOf } from './sandbox.ts';

const FOLDER = new URL('../../docs/runbooks/', import.meta.url);
const INDEX = readFileSync(new URL('README.md', FOLDER), 'utf8');

/** Descriptions of the alarms of a platform and of an integration with one of everything that has alarms. */
function descriptions(): string[] {
  const box = sandbox({}, { gateways: true, deviceEvents: true });
  const { stack, owner, platform } = box;
  const topic = topicOf(box);
  const table = tableOf(box);
  new ForwardingRule(stack, 'Rule', { product: sensorOf(box), topic, where: "status = '1'" });
  new RealtimeTask(stack, 'Task', {
    app: owner,
    source: { topic, fields: { Id: 'data.id' } },
    target: { table, write: 'insert' },
  });
  new ScheduledTask(stack, 'Nightly', {
    app: owner,
    source: { table, increment: { column: 'Id' } },
    target: { table, write: 'upsert', keys: ['Id'] },
  });
  const group = new ApiGroup(stack, 'Group');
  new DataApi(stack, 'Free', { group, app: owner, path: '/free', sql: 'SELECT 1', reads: [table] });

  return [platform, stack].flatMap((one) => {
    const alarms = templateOf(one).findResources('AWS::CloudWatch::Alarm');

    return Object.values(alarms).map(({ Properties }) => String(Properties['AlarmDescription']));
  });
}

const ALARMS = descriptions();
const NAMED = ALARMS.map((description) => / What to do: docs\/runbooks\/([a-z-]+)\.md$/.exec(description)?.[1]);

test('every alarm names its run-book, and the page is there and in the index', () => {
  expect(ALARMS.length).toBeGreaterThan(10);
  for (const [at, name] of NAMED.entries()) {
    expect([ALARMS[at], name !== undefined && existsSync(new URL(`${name}.md`, FOLDER))]).toEqual([ALARMS[at], true]);
    expect(INDEX).toContain(`(${name}.md)`);
  }
});

test('every run-book of the index’s table belongs to an alarm', () => {
  const listed = [...INDEX.matchAll(/^\|.*\]\(([a-z-]+)\.md\) \|$/gm)].map(([, name]) => name);

  expect(listed.filter((name) => !NAMED.includes(name))).toEqual([]);
  expect(readdirSync(FOLDER).filter((file) => !INDEX.includes(`(${file})`))).toEqual(['README.md']);
});
