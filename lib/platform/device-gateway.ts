import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnAuthorizer, CfnDomainConfiguration } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';
import { ALARM_PERIOD, FaultAlarm } from './fault-alarm.ts';
import { HandlerFunction } from './handler-function.ts';
import type { Tables } from './tables.ts';

/** IoT Core waits 5 s for a custom authorizer. D:iot/latest/developerguide/custom-auth */
const AUTHORIZER_SECONDS = 5;
/** A password check is scrypt with 8 MB, about 25 ms of a full core; this share of one keeps a log-in below 50. */
const AUTHORIZER_MB = 1024;

/**
 * Where devices log in: an MQTT endpoint of its own whose connections are all decided by our authorizer. Signing is off, because devices of
 * the reference system send user name and password only; the endpoint cannot be asked for another authorizer.
 */
export class DeviceGateway extends Construct {
  /** Name of the domain configuration; its address is read with DescribeDomainConfiguration. */
  readonly domainConfiguration: string;
  /** Who decides about log-ins. */
  readonly authorize: HandlerFunction;
  /** The same for devices with certificates: the two have addresses of their own. */
  readonly certificateDomainConfiguration: string;

  constructor(scope: Construct, id: string, environment: Environment, tables: Tables) {
    super(scope, id);
    const authorize = new HandlerFunction(this, 'Authorize', {
      environment,
      entry: 'link/authorize-device',
      description: 'Decides about the log-in of a device',
      memory: AUTHORIZER_MB,
      timeout: Duration.seconds(AUTHORIZER_SECONDS),
    });
    tables.grantDevices(authorize, 'get');
    // Whether the device's product has Basic Ingest.
    tables.grantCatalog(authorize, 'get');

    this.authorize = authorize;
    const authorizer = new CfnAuthorizer(this, 'Authorizer', {
      authorizerFunctionArn: authorize.arn,
      signingDisabled: true,
      status: 'ACTIVE',
    });
    authorize.allowInvocation('IotCore', 'iot.amazonaws.com', authorizer.attrArn);

    const domain = (name: string, authenticationType: string) =>
      new CfnDomainConfiguration(this, name, {
        authenticationType,
        applicationProtocol: 'SECURE_MQTT',
        authorizerConfig: { defaultAuthorizerName: authorizer.ref, allowAuthorizerOverride: false },
        domainConfigurationStatus: 'ENABLED',
        serviceType: 'DATA',
        tlsConfig: { securityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10' },
      });
    this.domainConfiguration = domain('Domain', 'CUSTOM_AUTH').ref;
    // IoT Core checks the certificate, the authorizer whose it is: what a device may do does not depend on how it logs in.
    this.certificateDomainConfiguration = domain('CertificateDomain', 'CUSTOM_AUTH_X509').ref;

    new FaultAlarm(this, 'Errors', {
      environment,
      description: 'The authorizer of devices fails: devices cannot log in.',
      runbook: 'device-log-in',
      metric: authorize.function.metricErrors({ period: ALARM_PERIOD }),
    });
    // Of the whole account: AWS IoT has no dimension that tells environments apart. D:iot/latest/developerguide/metrics_dimensions
    new FaultAlarm(this, 'Throttled', {
      environment,
      description: 'A device sends more than 100 messages a second: the rest is discarded, and not acknowledged.',
      runbook: 'device-throttled',
      metric: new Metric({
        namespace: 'AWS/IoT',
        metricName: 'PublishIn.Throttle',
        dimensionsMap: { Protocol: 'MQTT' },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      }),
    });
  }
}
