import { arn } from '../account.ts';
import type { AwsRequest, AwsService } from '../aws/service.ts';
import type { MqttEngine } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { invalid } from './registry-limits.ts';

const CONNECTION = /^\/connections\/([^/]+)$/;
/** What would be left out silently; the defaults of both are `false`. */
const NOT_RUN = ['cleanSession', 'preventWillMessage'] as const;

/**
 * The IoT data plane as far as it cuts connections off: DeleteConnection.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html
 */
export function createIotDataService(mqtt: () => Pick<MqttEngine, 'disconnect'>): AwsService {
  return {
    signingName: 'iotdata',
    needs: (request) => [{ action: 'iot:DeleteConnection', resource: arn('iot', `client/${clientIdOf(request)}`) }],
    async handle(request) {
      const clientId = clientIdOf(request);
      for (const option of NOT_RUN) {
        if (request.query.get(option) === 'true') throw invalid(`${option} is not run locally`);
      }
      if (!(await mqtt().disconnect(clientId))) {
        throw new AwsError('ResourceNotFoundException', `Client ${clientId} is not connected`, 404);
      }

      return { status: 200, body: '' };
    },
  };
}

function clientIdOf({ method, path }: AwsRequest): string {
  const [, name] = method === 'DELETE' ? (CONNECTION.exec(path) ?? []) : [];
  if (name === undefined) {
    throw new AwsError('UnknownOperationException', `iotdata: ${method} ${path} is not run locally`, 404);
  }

  return decodeURIComponent(name);
}
