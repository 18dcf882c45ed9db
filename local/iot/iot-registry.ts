import { join } from 'node:path';
import type { EngineHost, IotRegistry } from '../engines.ts';
import { stateFile } from '../state-file.ts';
import { certificateId, type DeviceAuthority, deviceAuthority } from './certificates.ts';
import { authorizerArn, authorizerOf, domainConfigurationArn } from './domain-configurations.ts';
import { createIotDataService } from './iot-data-service.ts';
import type { Authorizer, DomainConfiguration, LogLevel } from './iot-part.ts';
import { createIotService } from './iot-service.ts';
import { emptyState, type RegistryState } from './registry-state.ts';
import { applyThingType, removeThingType, thingTypeArn } from './thing-types.ts';
import { find } from './things.ts';

/**
 * AWS IoT's device registry. Things and thing types lie in `<state>/iot/registry.json`; authorizers and domain configurations
 * come from the template on every start.
 */
export function createIotRegistry(host: EngineHost): IotRegistry {
  const file = stateFile<RegistryState>(join(host.state, 'iot', 'registry.json'), emptyState());
  const state = emptyState();
  const authorizers = new Map<string, Authorizer>();
  const domains = new Map<string, DomainConfiguration>();
  let authority: DeviceAuthority | undefined;
  let logLevel: LogLevel = 'INFO';
  const now = () => Date.now() / 1000;
  const save = () => file.write(state);

  return {
    services: [
      createIotService({ state, domains, now, save, authority: () => authority as DeviceAuthority }),
      createIotDataService(() => host.engines.mqtt),
    ],
    get logLevel() {
      return logLevel;
    },
    async start() {
      const stored = file.read();
      Object.assign(state.things, stored.things);
      Object.assign(state.thingTypes, stored.thingTypes);
      // A state folder of before has none.
      Object.assign(state.certificates, stored.certificates ?? {});
      authority = await deviceAuthority(join(host.state, 'iot'));
    },
    // Every change was saved before it was answered; an engine that never started must not write an empty registry.
    async stop() {},
    async apply(part) {
      switch (part.kind) {
        case 'thing-type': {
          const { thingTypeId } = applyThingType(state, part, now());
          await save();
          return { arn: thingTypeArn(part.name), id: thingTypeId };
        }
        case 'authorizer':
          authorizers.set(part.name, part);
          return { arn: authorizerArn(part.name), id: part.name };
        case 'domain-configuration':
          domains.set(part.name, part);
          return { arn: domainConfigurationArn(part.name), id: part.name };
        case 'logging':
          logLevel = part.level;
          return { arn: '', id: part.name };
      }
    },
    async remove({ kind, name }) {
      if (kind === 'authorizer') authorizers.delete(name);
      if (kind === 'domain-configuration') domains.delete(name);
      if (kind === 'logging') logLevel = 'INFO';
      if (kind !== 'thing-type' || find(state.thingTypes, name) === undefined) return;
      removeThingType(state, name);
      await save();
    },
    authorizerFor: (serverName, withCertificate = false) =>
      authorizerOf(serverName, withCertificate, [...domains.values()], authorizers),
    get deviceAuthority() {
      return (authority as DeviceAuthority).cert;
    },
    certificateStatus: (der) => find(state.certificates, certificateId(der))?.status,
  };
}
