/** What the device registry allows. https://docs.aws.amazon.com/general/latest/gr/iot-core.html#thing-limits */
export const LIMITS = {
  thingNameBytes: 128,
  attributesWithType: 50,
  attributesWithoutType: 3,
  attributeNameCharacters: 128,
  attributeValueCharacters: 800,
  /** Names and values of all attributes together. */
  attributeBytes: 47 * 1024,
  searchableAttributes: 3,
  listResults: 250,
  createThingPerSecond: 100,
  updateThingPerSecond: 100,
  deleteThingPerSecond: 100,
  createKeysAndCertificatePerSecond: 10,
  updateCertificatePerSecond: 10,
  deleteCertificatePerSecond: 10,
} as const;
