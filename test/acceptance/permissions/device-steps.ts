import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** What is done with devices that come and go at run time. */
export function deviceSteps({ manage }: WatchedPlatform): readonly Step[] {
  return [
    {
      name: 'register devices in a batch',
      async run() {
        await manage('DELETE', '/devices/ParkingSensor/T-002').catch(() => undefined);
        await manage('POST', '/device-batches', {
          product: 'ParkingSensor',
          devices: [{ device: 'T-002', password: 'Passw0rd-x' }],
        });
      },
      repeat: true,
    },
  ];
}
