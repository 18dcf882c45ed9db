import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';
import { CERTIFICATE_OPERATIONS } from './certificate-operations.ts';
import type { DeviceAuthority } from './certificates.ts';
import { domainConfigurationArn, reachableName } from './domain-configurations.ts';
import type { DomainConfiguration } from './iot-part.ts';
import { LIMITS } from './limits.ts';
import { invalid } from './registry-limits.ts';
import type { RegistryState, StoredThingType, Thing } from './registry-state.ts';
import {
  createThingType,
  deleteThingType,
  deprecateThingType,
  describeThingType,
  type ThingTypeInput,
  thingTypeArn,
} from './thing-types.ts';
import {
  createThing,
  deleteThing,
  describeThing,
  listThings,
  type ThingInput,
  thingArn,
  updateThing,
} from './things.ts';

/** One call of the IoT control plane, read from the request. */
interface IotCall {
  /** The name in the path, decoded; empty where the path has none. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface IotContext {
  readonly state: RegistryState;
  readonly domains: ReadonlyMap<string, DomainConfiguration>;
  /** Who signs certificates of devices. */
  readonly authority: () => DeviceAuthority;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

export interface IotOperation {
  /** The IAM action is `iot:<name>`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{}` stands for the one name in a path. */
  readonly path: string;
  readonly changes: boolean;
  /** Calls a second of an account; what exceeds them is a ThrottlingException, which the SDK tries again. */
  readonly perSecond?: number;
  resource(name: string): string;
  run(call: IotCall, context: IotContext): unknown | Promise<unknown>;
}

/** For the list actions, which IAM knows no resource for. */
const everything = () => '*';
const DEFAULT_PAGE = 25;

/** https://docs.aws.amazon.com/iot/latest/apireference/, in the order of a thing's life. */
export const OPERATIONS: readonly IotOperation[] = [
  {
    name: 'CreateThing',
    method: 'POST',
    path: '/things/{}',
    changes: true,
    perSecond: LIMITS.createThingPerSecond,
    resource: thingArn,
    run: ({ name, body }, { state }) => {
      const { thingId } = createThing(state, name, thingInput(body));
      return { thingName: name, thingArn: thingArn(name), thingId };
    },
  },
  {
    name: 'DescribeThing',
    method: 'GET',
    path: '/things/{}',
    changes: false,
    resource: thingArn,
    run: ({ name }, { state }) => {
      const { thingId, billingGroupName, ...thing } = describeThing(state, name);
      return {
        defaultClientId: name,
        thingName: name,
        thingId,
        thingArn: thingArn(name),
        ...thing,
        ...(billingGroupName === undefined ? {} : { billingGroupName }),
      };
    },
  },
  {
    name: 'UpdateThing',
    method: 'PATCH',
    path: '/things/{}',
    changes: true,
    perSecond: LIMITS.updateThingPerSecond,
    resource: thingArn,
    run: ({ name, body }, { state }) => {
      const payload = object(body['attributePayload']);
      const expectedVersion = body['expectedVersion'];
      updateThing(state, name, {
        ...thingInput(body),
        merge: payload['merge'] === true,
        removeThingType: body['removeThingType'] === true,
        ...(typeof expectedVersion === 'number' ? { expectedVersion } : {}),
      });
      return {};
    },
  },
  {
    name: 'DeleteThing',
    method: 'DELETE',
    path: '/things/{}',
    changes: true,
    perSecond: LIMITS.deleteThingPerSecond,
    resource: thingArn,
    run: ({ name, query }, { state }) => {
      const expected = query.get('expectedVersion');
      deleteThing(state, name, expected === null ? undefined : Number(expected));
      return {};
    },
  },
  {
    name: 'ListThings',
    method: 'GET',
    path: '/things',
    changes: false,
    resource: everything,
    run: ({ query }, { state }) => {
      const [thingTypeName, attributeName, attributeValue] = ['thingTypeName', 'attributeName', 'attributeValue'].map(
        (key) => query.get(key) ?? undefined,
      );
      const found = listThings(state, {
        prefix: query.get('usePrefixAttributeValue') === 'true',
        ...(thingTypeName === undefined ? {} : { thingTypeName }),
        ...(attributeName === undefined ? {} : { attributeName }),
        ...(attributeValue === undefined ? {} : { attributeValue }),
      });
      const { items, nextToken } = page(found, query);
      return { things: items.map(([name, thing]) => thingAttribute(name, thing)), ...nextToken };
    },
  },
  {
    name: 'CreateThingType',
    method: 'POST',
    path: '/thing-types/{}',
    changes: true,
    resource: thingTypeArn,
    run: ({ name, body }, { state, now }) => {
      const { thingTypeId } = createThingType(state, name, thingTypeInput(body), now());
      return { thingTypeName: name, thingTypeArn: thingTypeArn(name), thingTypeId };
    },
  },
  {
    name: 'DescribeThingType',
    method: 'GET',
    path: '/thing-types/{}',
    changes: false,
    resource: thingTypeArn,
    run: ({ name }, { state }) => thingTypeDocument(name, describeThingType(state, name)),
  },
  {
    name: 'DeprecateThingType',
    method: 'POST',
    path: '/thing-types/{}/deprecate',
    changes: true,
    resource: thingTypeArn,
    run: ({ name, body }, { state, now }) => {
      deprecateThingType(state, name, body['undoDeprecate'] === true, now());
      return {};
    },
  },
  {
    name: 'DeleteThingType',
    method: 'DELETE',
    path: '/thing-types/{}',
    changes: true,
    resource: thingTypeArn,
    run: ({ name }, { state }) => {
      deleteThingType(state, name);
      return {};
    },
  },
  {
    name: 'ListThingTypes',
    method: 'GET',
    path: '/thing-types',
    changes: false,
    resource: everything,
    run: ({ query }, { state }) => {
      const wanted = query.get('thingTypeName');
      const found = Object.entries(state.thingTypes)
        .filter(([name]) => wanted === null || name === wanted)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const { items, nextToken } = page(found, query);
      return { thingTypes: items.map(([name, type]) => thingTypeDocument(name, type)), ...nextToken };
    },
  },
  ...CERTIFICATE_OPERATIONS,
  {
    name: 'DescribeEndpoint',
    method: 'GET',
    path: '/endpoint',
    changes: false,
    resource: everything,
    run: ({ query }) => {
      const type = query.get('endpointType') ?? 'iot:Data';
      if (type !== 'iot:Data' && type !== 'iot:Data-ATS') throw invalid(`the endpoint type ${type} is not run locally`);
      return { endpointAddress: 'localhost' };
    },
  },
  {
    name: 'DescribeDomainConfiguration',
    method: 'GET',
    path: '/domainConfigurations/{}',
    changes: false,
    resource: domainConfigurationArn,
    run: ({ name }, { domains }) => {
      const configuration = domains.get(name);
      if (configuration === undefined) {
        throw new AwsError('ResourceNotFoundException', `Domain configuration ${name} not found`, 404);
      }
      return domainConfigurationDocument(configuration);
    },
  },
];

export function unknownOperation(method: string, path: string): AwsError {
  return new AwsError('UnknownOperationException', `iot: ${method} ${path} is not run locally`, 404);
}

function thingInput(body: IotCall['body']): ThingInput {
  const { thingTypeName, billingGroupName } = body;
  const { attributes } = object(body['attributePayload']);

  return {
    ...(typeof thingTypeName === 'string' ? { thingTypeName } : {}),
    ...(typeof billingGroupName === 'string' ? { billingGroupName } : {}),
    ...(attributes === undefined || attributes === null
      ? {}
      : { attributes: object(attributes) as Readonly<Record<string, string>> }),
  };
}

function thingTypeInput(body: IotCall['body']): ThingTypeInput {
  const { thingTypeDescription, searchableAttributes } = object(body['thingTypeProperties']);

  return {
    ...(typeof thingTypeDescription === 'string' ? { description: thingTypeDescription } : {}),
    searchableAttributes: Array.isArray(searchableAttributes) ? searchableAttributes.map(String) : [],
  };
}

function thingAttribute(name: string, { thingTypeName, attributes, version }: Thing) {
  return {
    thingName: name,
    thingArn: thingArn(name),
    ...(thingTypeName === undefined ? {} : { thingTypeName }),
    attributes,
    version,
  };
}

function thingTypeDocument(name: string, type: StoredThingType) {
  const { thingTypeId, description, searchableAttributes, createdAt, deprecatedAt } = type;

  return {
    thingTypeName: name,
    thingTypeId,
    thingTypeArn: thingTypeArn(name),
    thingTypeProperties: {
      ...(description === undefined ? {} : { thingTypeDescription: description }),
      searchableAttributes,
    },
    thingTypeMetadata: {
      deprecated: deprecatedAt !== undefined,
      creationDate: createdAt,
      ...(deprecatedAt === undefined ? {} : { deprecationDate: deprecatedAt }),
    },
  };
}

function domainConfigurationDocument(configuration: DomainConfiguration) {
  const { name, domainName, defaultAuthorizerName, allowAuthorizerOverride, enabled } = configuration;

  return {
    domainConfigurationName: name,
    domainConfigurationArn: domainConfigurationArn(name),
    domainName: reachableName(configuration),
    serverCertificates: [],
    ...(defaultAuthorizerName === undefined
      ? {}
      : { authorizerConfig: { defaultAuthorizerName, allowAuthorizerOverride } }),
    domainConfigurationStatus: enabled ? 'ENABLED' : 'DISABLED',
    serviceType: 'DATA',
    domainType: domainName === undefined ? 'AWS_MANAGED' : 'CUSTOMER_MANAGED',
  };
}

/** The token is the last name of the page before. */
function page<T>(found: readonly (readonly [string, T])[], query: URLSearchParams) {
  const size = Number(query.get('maxResults') ?? DEFAULT_PAGE);
  if (!Number.isInteger(size) || size < 1 || size > LIMITS.listResults) {
    throw invalid(`maxResults is a whole number from 1 to ${LIMITS.listResults}`);
  }
  const after = query.get('nextToken');
  const rest = after === null ? found : found.filter(([name]) => name > decodeToken(after));
  const items = rest.slice(0, size);
  const last = items.at(-1)?.[0];

  return { items, nextToken: rest.length > size && last !== undefined ? { nextToken: encodeToken(last) } : {} };
}

const encodeToken = (name: string): string => Buffer.from(name, 'utf8').toString('base64url');
const decodeToken = (token: string): string => Buffer.from(token, 'base64url').toString('utf8');

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('an object was expected in the request');

  return value as Readonly<Record<string, unknown>>;
}
