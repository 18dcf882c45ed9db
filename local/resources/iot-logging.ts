import type { LogLevel } from '../iot/iot-part.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly AccountId: string;
  readonly DefaultLogLevel: LogLevel;
}

/** The log level of broker and rules; the role it names is for CloudWatch, the local logs are files. */
export const iotLogging = resource<Properties>('AWS::IoT::Logging', {
  async apply({ properties, engines }) {
    await engines.iot.apply({ kind: 'logging', name: 'logging', level: properties.DefaultLogLevel });

    return { ref: properties.AccountId };
  },
  remove: ({ engines }) => engines.iot.remove({ kind: 'logging', name: 'logging' }),
});
