import { FlowLogDestination, IpAddresses, type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';

/**
 * Where Aurora lives: isolated subnets in two zones, no gateway, no route in or out, and a security group that lets nobody in. The Data API
 * reaches the cluster from the service's side, so nothing else has to.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.0.0.0/24'),
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      // CDK would do it with a function of its own; nothing ever joins the default group here.
      restrictDefaultSecurityGroup: false,
    });
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', { retention: environment.logRetention, removalPolicy: environment.dataRemoval }),
      ),
    });
    this.securityGroup = new SecurityGroup(this, 'DatabaseAccess', {
      vpc: this.vpc as IVpc,
      description: 'Aurora: nobody connects directly, the Data API does not need to',
      allowAllOutbound: false,
    });
  }

  get subnetIds(): string[] {
    return this.vpc.isolatedSubnets.map(({ subnetId }) => subnetId);
  }
}
