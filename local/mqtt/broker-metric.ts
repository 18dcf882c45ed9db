/**
 * What AWS IoT counts of its message broker, by its names; each with the dimension `Protocol`.
 * https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html#message-broker-metrics
 */
export type BrokerMetric =
  | 'Connect.Success'
  | 'Connect.AuthError'
  | 'Connect.ClientError'
  | 'PublishIn.Success'
  | 'PublishIn.AuthError'
  | 'PublishIn.ClientError'
  /** "because the client exceeded the allowed inbound message rate" */
  | 'PublishIn.Throttle'
  /** Beyond the rate of the client it was for; a session whose client is away counts as well. */
  | 'PublishOut.Throttle';
