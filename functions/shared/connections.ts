import {
  DeleteConnectionCommand,
  IoTDataPlaneClient,
  PublishCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-iot-data-plane';

let client: IoTDataPlaneClient | undefined;

/** Ends the MQTT connection of a client at once; nothing happens when it has none. */
export async function cutConnection(clientId: string): Promise<void> {
  client ??= new IoTDataPlaneClient({});
  try {
    await client.send(new DeleteConnectionCommand({ clientId }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) {
      throw error;
    }
  }
}

/** Sends a message to whoever has subscribed to its topic, with QoS 1. @param payload UTF-8, 128 KB at most */
export async function publish(topic: string, payload: string): Promise<void> {
  client ??= new IoTDataPlaneClient({});
  await client.send(new PublishCommand({ topic, payload: Buffer.from(payload), qos: 1 }));
}
