/**
 * AWS IoT Core's message broker limits, enforced here as they stand there.
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */
export const LIMITS = {
  payloadBytes: 128 * 1024,
  topicBytes: 256,
  topicSlashes: 7,
  clientIdBytes: 128,
  subscriptionsPerConnection: 50,
  subscriptionsPerRequest: 8,
  /** Per connection; what exceeds it is discarded and not acknowledged. */
  publishesPerSecond: 100,
  /** To a client; what exceeds it is discarded, also while the client is away. */
  deliveriesPerSecond: 100,
  /** Per connection and direction; what exceeds it is delayed. */
  bytesPerSecond: 512 * 1024,
  /** Publishes of QoS 1 that wait for their PUBACK, in each direction. */
  inFlight: 100,
  keepAliveSeconds: { minimum: 30, maximum: 1200 },
  sessionExpirySeconds: 3600,
  topicAliases: 8,
  retainedMessages: 5000,
  /** Messages kept for a persistent session while its client is away; more are dropped and logged. */
  queuedMessages: 10_000,
  /** A custom authorizer's answer. https://docs.aws.amazon.com/iot/latest/developerguide/config-custom-auth.html */
  authorizerMillis: 5000,
  principalIdCharacters: 128,
  policyDocuments: 10,
  policyDocumentCharacters: 2048,
  /** `disconnectAfterInSeconds`, `refreshAfterInSeconds` */
  loginSeconds: { minimum: 300, maximum: 86_400 },
} as const;

/** Ours: how long a socket may stay open without a CONNECT. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** A packet is its payload plus topic, properties and headers; nothing longer is read into memory. */
export const MAXIMUM_PACKET_BYTES = LIMITS.payloadBytes + 16 * 1024;
