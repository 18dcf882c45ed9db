import {
  CreateThingCommand,
  DeleteThingCommand,
  DescribeDomainConfigurationCommand,
  IoTClient,
  ResourceAlreadyExistsException,
  ThrottlingException,
} from '@aws-sdk/client-iot';
import type { DeviceThing } from '../../core/link/register-device.ts';

export interface MqttEndpoint {
  readonly host: string;
  readonly port: number;
}

/** The IoT registry. */
export interface Things {
  /** Makes the thing of a device, of its product's thing type; nothing happens when it exists. */
  add(thing: DeviceThing): Promise<void>;
  /** Removes a thing; no matter if it existed. */
  remove(clientId: string): Promise<void>;
  /** Where devices connect, of a domain configuration. */
  mqttEndpoint(domainConfiguration: string): Promise<MqttEndpoint>;
}

/** MQTT with ALPN `mqtt`, the one way to log in with a password. D:iot/latest/developerguide/custom-auth */
const MQTT_PORT = 443;

let client: IoTClient | undefined;

/** The registry takes so many calls a second of an account; the client has tried again already. */
export function isThrottled(error: unknown): boolean {
  return error instanceof ThrottlingException;
}

export function things(): Things {
  client ??= new IoTClient({});
  const iot = client;

  return {
    async add({ clientId, productId, deviceId }) {
      const attributePayload = { attributes: { productId, deviceId } };
      try {
        await iot.send(new CreateThingCommand({ thingName: clientId, thingTypeName: productId, attributePayload }));
      } catch (error) {
        // IoT takes the same thing twice; another one of this name can only be ours with more to it, such as attributes given by hand.
        if (!(error instanceof ResourceAlreadyExistsException)) {
          throw error;
        }
      }
    },

    async remove(clientId) {
      await iot.send(new DeleteThingCommand({ thingName: clientId }));
    },

    async mqttEndpoint(domainConfiguration) {
      const { domainName = '' } = await iot.send(
        new DescribeDomainConfigurationCommand({ domainConfigurationName: domainConfiguration }),
      );
      const [host = '', port] = domainName.split(':');

      return { host, port: port === undefined ? MQTT_PORT : Number(port) };
    },
  };
}
