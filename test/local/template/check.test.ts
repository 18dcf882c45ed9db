import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/template/assembly.ts';
import { checkStacks } from '../../../local/template/check.ts';
import { resource } from '../../../local/template/resource.ts';
import { writeAssembly } from './assembly-folder.ts';

const resources = new Map(
  ['AWS::Kinesis::Stream', 'Custom::*'].map((type) => [type, resource(type, { apply: () => ({ ref: type }) })]),
);
const check = (template: unknown) => checkStacks(loadAssembly(writeAssembly({ S: { template } })), resources);

test('everything that cannot be run is named at once, by stack, logical id and type', () => {
  const template = {
    Resources: {
      Stream: { Type: 'AWS::Kinesis::Stream' },
      Cluster: { Type: 'AWS::MSK::Cluster' },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { a: { Ref: 'Nowhere' } } },
    },
    Transform: 'AWS::Serverless-2016-10-31',
  };

  expect(() => check(template)).toThrow(
    [
      'the local runtime cannot run this template:',
      '- S: the template section Transform is not served locally',
      '- S/Cluster: resources of type AWS::MSK::Cluster are not run locally',
      '- S/Queue: resources of type AWS::SQS::Queue are not run locally',
      '- S/Queue: refers to Nowhere, which the template does not have',
    ].join('\n'),
  );
});

test('inert types, custom resources and the bootstrap rule are accepted', () => {
  const template = {
    Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk/version' } },
    Rules: { CheckBootstrapVersion: {} },
    Resources: {
      Alarm: { Type: 'AWS::CloudWatch::Dashboard', Properties: { Dimensions: [{ Value: { Ref: 'Devices' } }] } },
      Devices: { Type: 'Custom::Devices' },
      Other: { Type: 'AWS::CloudFormation::CustomResource' },
    },
  };

  expect(() => check(template)).not.toThrow();
});
