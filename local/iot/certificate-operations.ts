import {
  certificateArn,
  createKeysAndCertificate,
  deleteCertificate,
  describeCertificate,
  updateCertificate,
} from './certificates.ts';
import type { IotOperation } from './iot-operations.ts';
import { LIMITS } from './limits.ts';

/** https://docs.aws.amazon.com/iot/latest/apireference/, what the registry does with certificates of devices. */
export const CERTIFICATE_OPERATIONS: readonly IotOperation[] = [
  {
    name: 'CreateKeysAndCertificate',
    method: 'POST',
    path: '/keys-and-certificate',
    changes: true,
    perSecond: LIMITS.createKeysAndCertificatePerSecond,
    // Nothing is there yet that could be named.
    resource: () => '*',
    run: ({ query }, { state, authority, now }) =>
      createKeysAndCertificate(state, authority(), { active: query.get('setAsActive') === 'true', now: now() }),
  },
  {
    name: 'DescribeCertificate',
    method: 'GET',
    path: '/certificates/{}',
    changes: false,
    resource: certificateArn,
    run: ({ name }, { state }) => describeCertificate(state, name),
  },
  {
    name: 'UpdateCertificate',
    method: 'PUT',
    path: '/certificates/{}',
    changes: true,
    perSecond: LIMITS.updateCertificatePerSecond,
    resource: certificateArn,
    run: ({ name, query }, { state }) => {
      updateCertificate(state, name, query.get('newStatus'));
      return {};
    },
  },
  {
    name: 'DeleteCertificate',
    method: 'DELETE',
    path: '/certificates/{}',
    changes: true,
    perSecond: LIMITS.deleteCertificatePerSecond,
    resource: certificateArn,
    run: ({ name }, { state }) => {
      deleteCertificate(state, name);
      return {};
    },
  },
];
