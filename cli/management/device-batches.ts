import type { BatchDevice, BatchOutcome } from '../../core/link/register-devices.ts';
import type { Calls } from './calls.ts';

export interface DeviceBatchOperations {
  /** At most 50 devices; their outcomes, in their order. */
  registerDevices(product: string, devices: readonly BatchDevice[]): Promise<readonly BatchOutcome[]>;
}

export function deviceBatchOperations({ send }: Calls): DeviceBatchOperations {
  return {
    registerDevices: async (product, devices) => {
      const { items } = (await send('POST', '/device-batches', { product, devices })) as { items: BatchOutcome[] };

      return items;
    },
  };
}
