import { Option } from 'commander';
import { DEVICE_STATES } from '../../core/link/device-terms.ts';
import type { DeviceQuery } from '../management/devices.ts';
import { oneOf, several, text } from '../settings.ts';

export interface QueryOptions {
  readonly product?: string;
  readonly tag?: readonly string[];
  readonly presence?: DeviceQuery['state'];
  readonly text?: string;
}

/** Which devices a command is about. */
export function queryOptions(): Option[] {
  return [
    new Option('--product <name>', 'of this product only'),
    new Option(
      '--tag <text>',
      'only those with this tag, or with a tag of this key: floor=2, floor; the option again for another they must have too',
    ).argParser(several(text({ min: 1, max: 64 }))),
    new Option(
      '--presence <state>',
      'only those that are online, offline, were never connected, or are disabled',
    ).argParser(oneOf(...DEVICE_STATES)),
    new Option(
      '--text <text>',
      'only those with this in physical id, client id, name, description or tags; it takes a while with many devices',
    ).argParser(text({ min: 1, max: 100 })),
  ];
}

export function deviceQuery({ product, tag, presence, text: words }: QueryOptions): DeviceQuery {
  return {
    ...(product === undefined ? {} : { product }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(presence === undefined ? {} : { state: presence }),
    ...(words === undefined ? {} : { text: words }),
  };
}
