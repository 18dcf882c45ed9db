import { Argument } from 'commander';
import { command } from './command.ts';
import { EXIT } from './errors.ts';
import type { SourceCheck } from './management/sources.ts';
import { millisecondsText } from './screen/words.ts';

export const datasourceTest = command({
  path: 'datasource test',
  summary: 'test a data source: is it reached, may it be read and written',
  details:
    'What a task reads or writes is tried by its own function. Nothing is left behind: writing is proved in a transaction that is taken back, or by a call that is judged and not carried out; ' +
    'what cannot be proved so is said. Exit code 1 when a check failed; what to change stands beside it. A task is started and run only when its source and target have passed.',
  arguments: [new Argument('<source>', 'the data source, by name')],
  examples: [
    ['causeway datasource test database', "the platform's own database, each of its users"],
    ['causeway datasource test Orders.source', 'what the task Orders reads: a database, an API, files or a topic'],
    ['causeway datasource test Orders.target', 'what it writes'],
    ['causeway datasource test Enterprise.Stock.warehouse', 'a source that the function API Enterprise/Stock declares'],
  ],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const report = await client.testDataSource(name);
    const failed = report.checks.filter(({ ok }) => !ok);

    output.result(report, () =>
      [
        output.table(
          ['user', 'check', 'result', 'time'],
          report.checks.map((check) => [check.user, check.what, resultOf(check), millisecondsText(check.milliseconds)]),
        ),
        '',
        ...(report.passed ? [output.colours.green('Connected.')] : []),
        ...report.checks.flatMap(({ what, unproved }) =>
          unproved === undefined ? [] : [`Not proved: ${what}: ${unproved}.`],
        ),
        ...failed.flatMap(({ user, what, problem, advice }) => [
          `${user === '' ? name : user} ${what}: ${problem}`,
          `  To do: ${advice}`,
        ]),
      ].join('\n'),
    );
    return report.passed ? EXIT.ok : EXIT.failed;
  },
});

function resultOf({ ok, unproved }: SourceCheck): string {
  if (!ok) {
    return 'failed';
  }

  return unproved === undefined ? 'ok' : 'not proved';
}
