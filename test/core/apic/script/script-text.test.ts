import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { withVariables } from '../../../../core/apic/script/script-text.ts';

test.each([`it's`, 'a "quoted" text', 'back\\slash', 'two\nlines', '中', '${not} #{again}', "');process.exit('"])(
  'the value %p arrives in a string of either quotes as it is, and is never code',
  (value) => {
    const source = withVariables(`["#{v}", '#{v}']`, new Map([['v', value]]));

    expect([...runInNewContext(source)]).toEqual([value, value]);
  },
);

test('what is no variable stays', () => {
  expect(withVariables('#{unknown} #{} #x', new Map([['v', '1']]))).toBe('#{unknown} #{} #x');
});
