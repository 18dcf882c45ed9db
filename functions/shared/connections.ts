import { DeleteConnectionCommand, IoTDataPlaneClient, ResourceNotFoundException } from '@aws-sdk/client-iot-data-plane';

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
