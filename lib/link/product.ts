import { CfnOutput, Lazy } from 'aws-cdk-lib';
import { CfnThingType } from 'aws-cdk-lib/aws-iot';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { DeviceDeclaration } from '../../core/link/device.ts';
import { deviceTopics } from '../../core/link/device-topics.ts';
import { checkProduct, checkProductId, type ProductDescription, productIdOf } from '../../core/link/product.ts';
import { productModel } from '../../core/link/product-model.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import { acknowledge } from '../platform/acknowledge.ts';
import { Integration } from '../platform/integration.ts';
import { outputId, secretName } from '../platform/names.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { invalid } from '../platform/setting.ts';

export { property, service } from '../../core/link/thing-model.ts';

export interface ProductProps extends Omit<ProductDescription, 'name'> {
  /** Who owns the product and its devices. */
  readonly app: IIntegrationApp;
  /**
   * 1 to 64 letters, digits, `_` or `-`; unique in the environment.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * 4 to 32 letters and digits; the first level of its devices' topics. Give the old id when a stack or a construct is renamed.
   * @default - made from the names of environment, stack and construct, so it stays while those do
   */
  readonly productId?: string;
}

/** A kind of device. Its devices publish to `<product id>/out/<device>` and subscribe to `<product id>/in/<device>`. */
export class Product extends Construct {
  readonly app: IIntegrationApp;
  readonly productName: string;
  readonly productId: string;
  readonly #devices = new Map<string, DeviceDeclaration>();
  /** Device topics that a forwarding rule has taken, with the rule's path. */
  readonly #forwarded = new Map<string, string>();
  readonly #type: CfnThingType;
  /** What the management API knows of the product; its secret comes with its first fixed device. */
  readonly #catalogued: Record<string, unknown>;

  constructor(scope: Construct, id: string, props: ProductProps) {
    super(scope, id);
    const { app, productId, name = id, ...description } = props;
    const integration = Integration.of(this);
    const checked = checkProduct(this.node.path, { name, ...description });
    if (checked.type === 'gateway' && integration.platform.gateways === undefined) {
      throw invalid(this, 'type', checked.type, '`normal`, unless the platform is made with `gateways: true`');
    }
    const { name: productName, ...details } = checked;
    if (checked.type === 'gateway') {
      integration.platform.gateways?.declared(app.appName);
    }
    this.app = app;
    this.productName = productName;
    this.productId =
      productId ?? productIdOf([integration.settings.name, integration.stackName, this.node.path].join('/'));
    checkProductId(this.node.path, this.productId);

    this.#type = new CfnThingType(this, 'Type', {
      thingTypeName: this.productId,
      thingTypeProperties: {
        thingTypeDescription: this.productName,
        searchableAttributes: ['productId', 'deviceId'],
      },
    });
    const { publish, subscribe } = deviceTopics({ productId: this.productId, deviceId: '{device}' });
    this.#catalogued = { ...details, productId: this.productId, app: app.appName, publish, subscribe };
    integration.catalog.add(this, 'product', this.productName, this.#catalogued);
    // For the consumers, which know a message's product by its id; the document is theirs alone.
    integration.catalog.add(this, 'model', this.productId, { ...productModel(checked) });
  }

  /** Used by `Device`. @throws InvalidSetting when the product has the device already */
  addDevice(construct: Construct, device: DeviceDeclaration): void {
    if (this.#devices.has(device.device)) {
      throw invalid(construct, 'device', device.device, `an id no other device of ${this.node.path} has`);
    }
    if (this.#devices.size === 0) {
      this.#registration();
    }
    this.#devices.set(device.device, device);
  }

  /**
   * Used by `ForwardingRule`: takes the topic of one device, or of all (`+`), for a rule.
   *
   * @throws InvalidSetting naming the rule that has taken it already: its messages would be forwarded twice
   */
  forward(rule: Construct, device: string): void {
    const taken = [...this.#forwarded].find(([other]) => other === device || other === '+' || device === '+');
    if (taken !== undefined) {
      throw invalid(
        rule,
        'device',
        device,
        `a topic in one rule only: ${taken[1]} forwards ${this.productId}/out/${taken[0]}`,
      );
    }
    this.#forwarded.set(device, rule.node.path);
  }

  /**
   * Used by `ForwardingRule`: its devices may publish by Basic Ingest, to the rule that is named as the product.
   *
   * @throws InvalidSetting for a rule of one device: the topics name one rule for all of them
   */
  takeBasicIngest(rule: Construct, device: string): void {
    if (device !== '+') {
      throw invalid(rule, 'basicIngest', true, `a rule of all devices; this one is of ${device}`);
    }
    this.#catalogued['basicIngest'] = true;
  }

  /** All fixed devices in one secret and one custom resource: a hundred sensors are not two hundred resources. */
  #registration(): void {
    const integration = Integration.of(this);
    const secret = new Secret(this, 'Secret', {
      secretName: secretName(this, integration.settings, 'devices', this.productName),
      description: `Log-ins of the fixed devices of ${this.productName}`,
    });
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'The devices hold the passwords: they are changed one by one together with each device.',
    });
    const rights = {
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      resources: [secret.secretArn],
    };
    const allowed = integration.allow('provisionDevices', rights);
    // A password that is reset at run time is changed in the secret too, or the next deployment would bring the old one back.
    integration.allow('controlDevices', rights);
    this.#catalogued['devicesSecret'] = secret.secretArn;
    const registration = new ProvidedResource(this, 'Devices', {
      provider: integration.platform.providers.devices,
      kind: 'Devices',
      properties: {
        Product: this.productName,
        ProductId: this.productId,
        App: this.app.appName,
        ...(this.#catalogued['type'] === 'gateway' && { Type: 'gateway' }),
        SecretArn: secret.secretArn,
        Devices: Lazy.any({ produce: () => [...this.#devices.values()] }),
      },
    });
    // Things are made with the type, and a type that things have cannot be deleted.
    registration.node.addDependency(allowed, this.#type);
    new CfnOutput(this, 'Output', {
      value: integration.toJsonString({ product: this.productName, secret: secret.secretArn }),
    }).overrideLogicalId(outputId('Devices', this.productName));
  }
}
