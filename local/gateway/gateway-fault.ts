/** Why the gateway itself answers, without a function: the type of gateway response, its own status and its text. */
export class GatewayFault extends Error {
  override readonly name = 'GatewayFault';
  readonly type: ResponseType;
  readonly status: number;

  constructor(type: ResponseType, options: { message?: string; status?: number; cause?: unknown } = {}) {
    super(
      options.message ?? DEFAULTS[type].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.type = type;
    this.status = options.status ?? DEFAULTS[type].status;
  }
}

export type ResponseType = keyof typeof DEFAULTS;

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html; texts as the service
 * answers them. A Lambda proxy that fails answers 502 in fact, where the page says 504. The two last are the service's own
 * edge, which no gateway response can change but DEFAULT_4XX.
 */
const DEFAULTS = {
  ACCESS_DENIED: {
    status: 403,
    error: 'AccessDeniedException',
    message: 'User is not authorized to access this resource',
  },
  API_CONFIGURATION_ERROR: { status: 500, error: 'InternalServerErrorException', message: 'Internal server error' },
  AUTHORIZER_CONFIGURATION_ERROR: {
    status: 500,
    error: 'AuthorizerConfigurationException',
    message: 'Internal server error',
  },
  AUTHORIZER_FAILURE: { status: 500, error: 'InternalServerErrorException', message: 'Internal server error' },
  INTEGRATION_FAILURE: { status: 502, error: 'InternalServerErrorException', message: 'Internal server error' },
  INTEGRATION_TIMEOUT: { status: 504, error: 'InternalServerErrorException', message: 'Endpoint request timed out' },
  EXPIRED_TOKEN: {
    status: 403,
    error: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
  },
  INVALID_SIGNATURE: {
    status: 403,
    error: 'InvalidSignatureException',
    message: 'The request signature we calculated does not match the signature you provided.',
  },
  MISSING_AUTHENTICATION_TOKEN: {
    status: 403,
    error: 'MissingAuthenticationTokenException',
    message: 'Missing Authentication Token',
  },
  REQUEST_TOO_LARGE: { status: 413, error: 'RequestTooLargeException', message: 'Request Too Long' },
  THROTTLED: { status: 429, error: 'TooManyRequestsException', message: 'Too Many Requests' },
  UNAUTHORIZED: { status: 401, error: 'UnauthorizedException', message: 'Unauthorized' },
  BAD_REQUEST: { status: 400, error: 'BadRequestException', message: 'Bad Request' },
  FORBIDDEN: { status: 403, error: 'ForbiddenException', message: 'Forbidden' },
} as const satisfies Record<string, { readonly status: number; readonly error: string; readonly message: string }>;

/** `x-amzn-ErrorType` of the answer. */
export function errorTypeOf(type: ResponseType): string {
  return DEFAULTS[type].error;
}
