/** What API Gateway allows. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
export const LIMITS = {
  bodyBytes: 10 * 1024 * 1024,
  /** Names and values of all headers together. */
  headerBytes: 20_480,
  methodArnBytes: 1600,
  integrationMillis: { minimum: 50, maximum: 29_000 },
  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html */
  policyResourceCharacters: 512,
  authorizerTtlSeconds: { minimum: 0, maximum: 3600 },
  resourcesPerApi: 300,
  stagesPerApi: 10,
  authorizersPerApi: 10,
} as const;
