import { arn } from '../account.ts';
import type { AwsRequest, AwsResponse, AwsService } from '../aws/service.ts';
import type { MqttEngine } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { LIMITS } from '../mqtt/limits.ts';
import { topicFault } from '../mqtt/topic-filter.ts';
import { invalid } from './registry-limits.ts';

type DataMqtt = Pick<MqttEngine, 'disconnect' | 'publish'>;

interface Operation {
  readonly action: string;
  readonly resource: string;
  run(mqtt: DataMqtt): Promise<AwsResponse>;
}

const CONNECTION = /^\/connections\/([^/]+)$/;
const TOPIC = /^\/topics\/([^/]+)$/;
/** What would be left out silently; without them everything is at its default. */
const NOT_RUN = {
  delete: ['cleanSession', 'preventWillMessage'],
  publish: ['contentType', 'responseTopic', 'messageExpiry'],
} as const;
const NOT_RUN_HEADERS = [
  'x-amz-mqtt5-user-properties',
  'x-amz-mqtt5-payload-format-indicator',
  'x-amz-mqtt5-correlation-data',
];

/**
 * The IoT data plane as far as it speaks to devices and cuts them off: Publish, DeleteConnection.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html
 */
export function createIotDataService(mqtt: () => DataMqtt): AwsService {
  return {
    signingName: 'iotdata',
    needs: (request) => {
      const { action, resource } = operationOf(request);

      return [{ action, resource: arn('iot', resource) }];
    },
    handle: (request) => operationOf(request).run(mqtt()),
  };
}

function operationOf(request: AwsRequest): Operation {
  const { method, path } = request;
  const client = method === 'DELETE' ? CONNECTION.exec(path)?.[1] : undefined;
  if (client !== undefined) {
    return deleteConnection(request, decodeURIComponent(client));
  }
  const topic = method === 'POST' ? TOPIC.exec(path)?.[1] : undefined;
  if (topic !== undefined) {
    return publish(request, decodeURIComponent(topic));
  }

  throw new AwsError('UnknownOperationException', `iotdata: ${method} ${path} is not run locally`, 404);
}

function deleteConnection({ query }: AwsRequest, clientId: string): Operation {
  return {
    action: 'iot:DeleteConnection',
    resource: `client/${clientId}`,
    async run(mqtt) {
      for (const option of NOT_RUN.delete) {
        if (query.get(option) === 'true') throw invalid(`${option} is not run locally`);
      }
      if (!(await mqtt.disconnect(clientId))) {
        throw new AwsError('ResourceNotFoundException', `Client ${clientId} is not connected`, 404);
      }

      return { status: 200, body: '' };
    },
  };
}

function publish({ query, headers, body }: AwsRequest, topic: string): Operation {
  return {
    action: 'iot:Publish',
    resource: `topic/${topic}`,
    async run(mqtt) {
      const option = NOT_RUN.publish.find((name) => query.has(name)) ?? NOT_RUN_HEADERS.find((name) => name in headers);
      if (option !== undefined) throw invalid(`${option} is not run locally`);
      if (query.get('retain') === 'true') throw invalid('retain is not run locally');
      const qos = query.get('qos') ?? '0';
      if (qos !== '0' && qos !== '1') throw invalid(`qos is 0 or 1, not ${qos}`);
      const fault = topicFault(topic);
      if (fault !== undefined) throw invalid(fault);
      if (body.length > LIMITS.payloadBytes) {
        throw new AwsError('RequestEntityTooLargeException', `a payload has at most ${LIMITS.payloadBytes} bytes`, 413);
      }
      await mqtt.publish(topic, body, qos === '1' ? 1 : 0);

      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
    },
  };
}
