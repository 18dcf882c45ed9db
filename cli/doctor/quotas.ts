import type { StackTemplate, TemplateResource } from './assembly.ts';
import { type Check, failed, passed, warned } from './check.ts';

interface Quota {
  readonly name: string;
  /** AWS's default for a new account, in one region. */
  readonly limit: number;
  /** Whether AWS raises it when asked. */
  readonly adjustable: boolean;
  /** Page of docs.aws.amazon.com. */
  readonly source: string;
  /** How much the templates take. */
  readonly used: (templates: readonly StackTemplate[]) => number;
}

const IOT = 'general/latest/gr/iot-core.html';
const GATEWAY = 'apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html';
const IAM = 'IAM/latest/UserGuide/reference_iam-quotas.html';
const CLOUDFORMATION = 'AWSCloudFormation/latest/UserGuide/cloudformation-limits.html';

/** What the templates touch. The account may hold more of each already: what is free there, the Service Quotas console says. */
export const QUOTAS: readonly Quota[] = [
  quota(
    'resources in a stack',
    500,
    false,
    CLOUDFORMATION,
    largest((stack) => stack.resources.length),
  ),
  quota(
    'bytes of a template',
    1_000_000,
    false,
    CLOUDFORMATION,
    largest((stack) => stack.bytes),
  ),
  quota('IoT rules', 1000, true, IOT, count('AWS::IoT::TopicRule')),
  quota('IoT domain configurations', 10, true, IOT, count('AWS::IoT::DomainConfiguration')),
  quota('IoT authorizers, active', 32, true, IOT, count('AWS::IoT::Authorizer')),
  // The smallest of the regions; 20,000 in the largest.
  quota('Kinesis shards', 1000, true, 'streams/latest/dev/service-sizes-and-limits.html', shards),
  quota('Kinesis on-demand streams', 50, true, 'streams/latest/dev/service-sizes-and-limits.html', onDemand),
  quota('REST APIs', 600, true, GATEWAY, count('AWS::ApiGateway::RestApi')),
  quota('resources of a REST API', 300, true, GATEWAY, perApi('AWS::ApiGateway::Resource')),
  quota('authorizers of a REST API', 10, true, GATEWAY, perApi('AWS::ApiGateway::Authorizer')),
  quota('reserved concurrency of functions', 1000, true, 'lambda/latest/dg/gettingstarted-limits.html', reserved),
  quota(
    'secrets',
    500_000,
    false,
    'secretsmanager/latest/userguide/reference_limits.html',
    count('AWS::SecretsManager::Secret'),
  ),
  quota('Aurora clusters', 40, true, 'AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html', count('AWS::RDS::DBCluster')),
  quota('VPCs', 5, true, 'vpc/latest/userguide/amazon-vpc-limits.html', count('AWS::EC2::VPC')),
  quota(
    'DynamoDB tables',
    2500,
    true,
    'amazondynamodb/latest/developerguide/ServiceQuotas.html',
    count('AWS::DynamoDB::Table'),
  ),
  quota(
    'alarms',
    5000,
    true,
    'AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html',
    count('AWS::CloudWatch::Alarm'),
  ),
  quota('web ACLs', 100, true, 'waf/latest/developerguide/limits.html', count('AWS::WAFv2::WebACL')),
  quota('IAM roles', 1000, true, IAM, count('AWS::IAM::Role')),
  quota('managed policies of a role', 10, true, IAM, policiesOfARole),
  quota('characters of a managed policy', 6144, false, IAM, policyCharacters),
];

export function quotaChecks(templates: readonly StackTemplate[]): Check[] {
  return QUOTAS.map(({ name, limit, adjustable, source, used }) => {
    const taken = used(templates);
    const found = `${taken} of ${limit}`;
    const raise = adjustable ? 'ask AWS for more in the Service Quotas console' : 'split the integration into several';
    if (taken > limit) {
      return failed(name, found, `${raise} (https://docs.aws.amazon.com/${source})`);
    }

    return taken > limit * 0.8 ? warned(name, found, `little is left: ${raise}`) : passed(name, found);
  });
}

function quota(name: string, limit: number, adjustable: boolean, source: string, used: Quota['used']): Quota {
  return { name, limit, adjustable, source, used };
}

function count(type: string): Quota['used'] {
  return (templates) => all(templates, type).length;
}

function largest(of: (stack: StackTemplate) => number): Quota['used'] {
  return (templates) => Math.max(0, ...templates.map(of));
}

function perApi(type: string): Quota['used'] {
  return (templates) => most(all(templates, type).map(({ properties }) => JSON.stringify(properties['RestApiId'])));
}

function shards(templates: readonly StackTemplate[]): number {
  return all(templates, 'AWS::Kinesis::Stream').reduce(
    (sum, { properties }) => sum + Number(properties['ShardCount'] ?? 0),
    0,
  );
}

function onDemand(templates: readonly StackTemplate[]): number {
  return all(templates, 'AWS::Kinesis::Stream').filter(({ properties }) => properties['ShardCount'] === undefined)
    .length;
}

/** What is kept for single functions is missing for all others. */
function reserved(templates: readonly StackTemplate[]): number {
  return all(templates, 'AWS::Lambda::Function').reduce(
    (sum, { properties }) => sum + Number(properties['ReservedConcurrentExecutions'] ?? 0),
    0,
  );
}

function policiesOfARole(templates: readonly StackTemplate[]): number {
  return most(
    all(templates, 'AWS::IAM::ManagedPolicy').flatMap(({ properties }) =>
      ((properties['Roles'] ?? []) as unknown[]).map((role) => JSON.stringify(role)),
    ),
  );
}

function policyCharacters(templates: readonly StackTemplate[]): number {
  return Math.max(
    0,
    ...all(templates, 'AWS::IAM::ManagedPolicy').map(
      ({ properties }) => JSON.stringify(properties['PolicyDocument'] ?? {}, withLengths).length,
    ),
  );
}

/** What is known only when it is deployed counts as long as it will be: an ARN's account, region and ids. */
function withLengths(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const { Ref: ref, ...functions } = value as Readonly<Record<string, unknown>>;
  if (typeof ref === 'string') {
    return 'x'.repeat(ref.startsWith('AWS::') ? 12 : 10);
  }
  if ('Fn::GetAtt' in functions || 'Fn::ImportValue' in functions) {
    return 'x'.repeat(80);
  }
  const [separator, parts] = (functions['Fn::Join'] ?? []) as [string?, unknown[]?];

  return parts === undefined ? value : parts.map((part) => String(withLengths('', part))).join(separator);
}

function all(templates: readonly StackTemplate[], type: string): TemplateResource[] {
  return templates.flatMap(({ resources }) => resources.filter((resource) => resource.type === type));
}

/** How often the most frequent one occurs. */
function most(keys: readonly string[]): number {
  return Math.max(0, ...[...Map.groupBy(keys, (key) => key).values()].map((group) => group.length));
}
