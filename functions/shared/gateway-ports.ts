import type { DeviceRecord } from '../../core/link/device.ts';
import { behindTerm } from '../../core/link/device-terms.ts';
import type { BehindPorts } from '../../core/link/gateway-presence.ts';
import { termOf } from '../../core/link/store-device.ts';
import { devicesAndEntries, deviceTable } from './tables.ts';

/** Gateways and the devices behind them, as far as their presence goes. */
export function gatewayPresence(): BehindPorts {
  const devices = deviceTable();

  return {
    findDevice: (clientId) => devices.get({ clientId }),
    savePresence: (device, presence) => {
      const { clientId, enabled, presenceRevision } = device;

      return devices.update<DeviceRecord>(
        { clientId },
        { presence, presenceRevision: (presenceRevision ?? 0) + 1, term: termOf({ ...device, presence }) },
        { onlyIf: { presenceRevision, enabled } },
      );
    },
    behind: async (gateway) =>
      (await devicesAndEntries().queryAll({ term: behindTerm(gateway) }, { index: 'byTerm' })).flatMap((item) =>
        'of' in item ? [item.of] : [],
      ),
  };
}
