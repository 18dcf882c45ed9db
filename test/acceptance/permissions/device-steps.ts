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
    {
      name: 'give a device certificates, revoke one and delete it with the other',
      async run() {
        const device = '/devices/ParkingSensor/T-003';
        await manage('DELETE', device).catch(() => undefined);
        await manage('POST', '/devices', { product: 'ParkingSensor', device: 'T-003' });
        const { id } = await manage('POST', `${device}/certificates`, {});
        await manage('POST', `${device}/certificates`, {});
        await manage('GET', `${device}/certificates`);
        await manage('DELETE', `${device}/certificates/${id}`);
        await manage('DELETE', device);
      },
      repeat: true,
    },
    {
      name: 'find a device by a tag it was given',
      async run() {
        const found = async (tag: string) => {
          const { items } = (await manage('GET', `/devices?product=ParkingSensor&tags=${tag}`)) as { items: unknown[] };

          return items.length > 0;
        };
        const tag = (...tags: string[]) => manage('PATCH', '/devices/ParkingSensor/S-006', { tags });
        await tag('tried-a');
        await tag('tried-b');
        if ((await found('tried-a')) || !(await found('tried-b'))) throw new RangeError('the index is wrong');
      },
      repeat: true,
    },
  ];
}
