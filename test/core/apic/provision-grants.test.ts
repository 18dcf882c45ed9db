import { expect, test } from '@jest/globals';
import { provisionGrants, removeGrants } from '../../../core/apic/provision-grants.ts';

const API = { group: 'Parking', api: 'free', stage: 'RELEASE' };

function world(...existing: string[]) {
  const grants = new Set(existing);
  const ports = {
    addGrant: async ({ group, api, stage }: typeof API, app: string) =>
      void grants.add(`${group}/${api}/${stage}#${app}`),
    removeGrant: async ({ group, api, stage }: typeof API, app: string) =>
      void grants.delete(`${group}/${api}/${stage}#${app}`),
  };

  return { grants, ports };
}

test('declared apps are granted, those declared no longer are not, and others keep theirs', async () => {
  const { grants, ports } = world('Parking/free/RELEASE#AtRunTime');

  await provisionGrants(ports, { ...API, apps: ['A', 'B'] });
  await provisionGrants(ports, { ...API, apps: ['B', 'C'] }, { ...API, apps: ['A', 'B'] });

  expect([...grants].sort()).toEqual([
    'Parking/free/RELEASE#AtRunTime',
    'Parking/free/RELEASE#B',
    'Parking/free/RELEASE#C',
  ]);
});

test('removed grants are gone, and only those declared', async () => {
  const { grants, ports } = world('Parking/free/RELEASE#A', 'Parking/free/RELEASE#AtRunTime', 'Parking/fees/RELEASE#A');

  await removeGrants(ports, { ...API, apps: ['A'] });

  expect([...grants]).toEqual(['Parking/free/RELEASE#AtRunTime', 'Parking/fees/RELEASE#A']);
});
