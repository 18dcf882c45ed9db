import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { scriptNeeds, withVariables } from '../../../../core/apic/script/script-text.ts';

test('classes and variables are found where the code names them', () => {
  const source = `
    // importClass(com.roma.apic.livedata.client.v1.Commented) #{commented}
    /* com.roma.apic.livedata.client.v1.AlsoCommented */
    importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
    importClass(com.huawei.livedata.lambdaservice.util.MD5Encoder)
    var url = "jdbc:mysql://#{host}:3306/a"; // a comment
    var other = Packages.com.roma.apic.livedata.common.v1.Md5Utils;`;

  expect(scriptNeeds(source)).toEqual({
    classes: [
      'com.roma.apic.livedata.client.v1.DataSourceClient',
      'com.huawei.livedata.lambdaservice.util.MD5Encoder',
      'com.roma.apic.livedata.common.v1.Md5Utils',
    ],
    variables: ['host'],
  });
});

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
