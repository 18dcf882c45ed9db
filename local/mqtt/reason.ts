/**
 * Why a packet is refused or a connection ends: the reason code of MQTT 5, and the return code a CONNACK of MQTT 3.1.1 has for
 * it. MQTT 5 section 2.4; MQTT 3.1.1 table 3.1.
 */
export const REASONS = {
  normal: { code: 0x00 },
  'unspecified-error': { code: 0x80 },
  'malformed-packet': { code: 0x81 },
  'protocol-error': { code: 0x82 },
  'unsupported-protocol-version': { code: 0x84, connack: 1 },
  'client-identifier-not-valid': { code: 0x85, connack: 2 },
  'not-authorized': { code: 0x87, connack: 5 },
  'server-unavailable': { code: 0x88, connack: 3 },
  'server-shutting-down': { code: 0x8b },
  'bad-authentication-method': { code: 0x8c, connack: 5 },
  'keep-alive-timeout': { code: 0x8d },
  'session-taken-over': { code: 0x8e },
  'topic-filter-invalid': { code: 0x8f },
  'topic-name-invalid': { code: 0x90 },
  'topic-alias-invalid': { code: 0x94 },
  'packet-too-large': { code: 0x95 },
  'quota-exceeded': { code: 0x97 },
  'administrative-action': { code: 0x98 },
  'qos-not-supported': { code: 0x9b },
  'shared-subscriptions-not-supported': { code: 0x9e },
  'maximum-connect-time': { code: 0xa0 },
} as const satisfies Record<string, { readonly code: number; readonly connack?: number }>;

export type Reason = keyof typeof REASONS;

/** How AWS names the end of a connection. https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html */
export type DisconnectReason =
  | 'API_INITIATED_DISCONNECT'
  | 'AUTH_ERROR'
  | 'CLIENT_ERROR'
  | 'CLIENT_INITIATED_DISCONNECT'
  | 'CONNECTION_LOST'
  | 'CUSTOMAUTH_TTL_EXPIRATION'
  | 'DUPLICATE_CLIENTID'
  | 'FORBIDDEN_ACCESS'
  | 'MQTT_KEEP_ALIVE_TIMEOUT'
  | 'SERVER_ERROR'
  | 'SERVER_INITIATED_DISCONNECT'
  | 'THROTTLED';
