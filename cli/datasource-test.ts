import { Argument } from 'commander';
import { command } from './command.ts';
import { EXIT } from './errors.ts';
import { millisecondsText } from './screen/words.ts';

export const datasourceTest = command({
  path: 'datasource test',
  summary: 'test a data source: is it reached, may it be read and written',
  details:
    'Tries what each user of it is for. Writing is proved in a transaction that is taken back: nothing changes. Exit code 1 when a check failed; what to change stands beside it.',
  arguments: [new Argument('<source>', 'the data source, by name')],
  examples: [
    ['causeway datasource test database', "the platform's own database, each of its users"],
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
          report.checks.map(({ user, what, ok, milliseconds }) => [
            user,
            what,
            ok ? 'ok' : 'failed',
            millisecondsText(milliseconds),
          ]),
        ),
        '',
        ...(report.passed ? [output.colours.green('Connected.')] : []),
        ...failed.flatMap(({ user, what, problem, advice }) => [
          `${user === '' ? name : user} ${what}: ${problem}`,
          `  To do: ${advice}`,
        ]),
      ].join('\n'),
    );
    return report.passed ? EXIT.ok : EXIT.failed;
  },
});
