/** What the rules engine allows. https://docs.aws.amazon.com/general/latest/gr/iot-core.html#rules-engine-limits */
export const LIMITS = {
  actionsPerRule: 10,
} as const;
