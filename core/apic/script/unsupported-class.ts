/** What scripts may use in the place of classes that are not there: of what a path or a name fits first. */
const INSTEAD: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [
    /\b(?:Kafka(?:Producer|Consumer|Config)|RabbitMq(?:Producer|Config)|ConnectionConfig|QueueConfig|ExchangeConfig)$/,
    'HttpClient, to publish to a topic of the platform; what consumes one is an integration task',
  ],
  [/\bSapRfc(?:Client|Config)$/, 'HttpClient or SoapClient, to call what SAP offers as a web service'],
  [/\bApiClient$/, 'HttpClient, its accessKey and secretKey being those of an app'],
  [/^(?:java\.net\.(?:http\.|URL|Http|Socket|URI)|okhttp3\.|org\.apache\.http|javax\.net\.)/, 'HttpClient'],
  [/^(?:java|javax)\.sql\./, 'DataSourceClient'],
  [/^(?:javax\.crypto|java\.security|org\.bouncycastle)\./, 'AesUtils, RSAUtils, Md5Utils, JWTUtils'],
  [/^(?:java\.io|java\.nio)\./, 'none: a script has no files; texts and bytes by StringUtils and Base64Utils'],
  [
    /^java\.lang\.(?:Thread|Runtime|Process|ClassLoader|Class|reflect)|^java\.util\.concurrent\./,
    'none: a script has no threads and no processes',
  ],
  [/^java\.time\.|^java\.util\.(?:Calendar|GregorianCalendar)$/, 'java.util.Date, java.text.SimpleDateFormat, Date'],
  [/^(?:org\.json|com\.alibaba|com\.google|com\.fasterxml|net\.sf)\./, 'JSON, JsonUtils, XmlUtils'],
  [/^(?:org\.slf4j|org\.apache\.(?:log|commons\.logging)|java\.util\.logging)/, 'print'],
];

/** Those of the reference system that are known by their name alone, where a whole package is imported. */
const NAMES: ReadonlySet<string> = new Set(
  (
    'KafkaProducer KafkaConsumer KafkaConfig RabbitMqProducer RabbitMqConfig ConnectionConfig QueueConfig ExchangeConfig SapRfcClient SapRfcConfig ' +
    'ApiClient'
  ).split(' '),
);

export function isUnsupportedName(name: string): boolean {
  return NAMES.has(name);
}

/**
 * @param known the paths of the classes that are there
 * @returns what is meant for it; the same class elsewhere, or what else is in its package, where nothing is
 */
export function insteadOf(path: string, known: Iterable<string>): string {
  const [, instead] = INSTEAD.find(([pattern]) => pattern.test(path)) ?? [];
  const paths = [...known].sort();
  const [place, name] = [path.slice(0, path.lastIndexOf('.')), path.slice(path.lastIndexOf('.'))];
  const near = [
    paths.filter((other) => other.endsWith(name)),
    paths.filter((other) => other.startsWith(`${place}.`)),
    paths.filter((other) => other.startsWith('com.roma.')),
  ].find((some) => some.length > 0);

  return instead ?? (near ?? paths).join(', ');
}
