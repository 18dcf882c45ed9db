/** What a template declares in the IoT registry. */
export type IotPart = ThingType | Authorizer | DomainConfiguration | Logging;

export interface ThingType {
  readonly kind: 'thing-type';
  readonly name: string;
  readonly description?: string;
  readonly searchableAttributes: readonly string[];
  readonly deprecated: boolean;
}

/** A custom authorizer with signing switched off: device log-ins are judged by its function. */
export interface Authorizer {
  readonly kind: 'authorizer';
  readonly name: string;
  readonly functionArn: string;
  readonly active: boolean;
}

export interface DomainConfiguration {
  readonly kind: 'domain-configuration';
  readonly name: string;
  /** Absent: AWS gives it a name of its own; locally it is reached as `localhost`. */
  readonly domainName?: string;
  readonly defaultAuthorizerName?: string;
  /** Clients show a certificate of the registry before the authorizer is asked. */
  readonly certificates?: boolean;
  readonly allowAuthorizerOverride: boolean;
  readonly enabled: boolean;
}

interface Logging {
  readonly kind: 'logging';
  readonly name: 'logging';
  readonly level: LogLevel;
}

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'DISABLED';
