import { expect, test } from '@jest/globals';
import type { CliContext } from '../../../cli/context.ts';
import { createOutput } from '../../../cli/screen/output.ts';

function output(json: boolean, { tty = false, env = {} }: { tty?: boolean; env?: Record<string, string> } = {}) {
  const said = { stdout: '', stderr: '' };
  const writer = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => (said[name] += text),
    isTTY: tty,
    columns: 80,
  });

  return {
    said,
    output: createOutput({ stdout: writer('stdout'), stderr: writer('stderr'), env } as unknown as CliContext, json),
  };
}

test('with --json stdout carries the value alone', () => {
  const { said, output: out } = output(true);
  out.message('by the way');
  out.result({ a: 1 }, () => 'for people');

  expect(JSON.parse(said.stdout)).toEqual({ a: 1 });
  expect(said.stderr).toBe('by the way\n');
});

test('without --json events are not printed', () => {
  const { said, output: out } = output(false);
  out.event({ kind: 'ready' });
  out.result({}, () => 'for people');

  expect(said.stdout).toBe('for people\n');
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
])('terminal %j with %j has colours: %j', (tty, env, coloured) => {
  const { output: out } = output(false, { tty, env: env as Record<string, string> });

  expect(out.colours.red('x') !== 'x').toBe(coloured);
});
