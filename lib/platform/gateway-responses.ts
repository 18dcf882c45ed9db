import { type GatewayResponse, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { EXPOSED_HEADERS } from '../../core/apic/cors.ts';
import { FRONTEND_REFUSED } from '../../core/apic/custom-authorizer.ts';
import { catalogue, type ErrorCode, publicCode } from '../../core/errors.ts';

/**
 * What the gateway itself refuses, in the words of the catalogue: type → code. The rest is refused by our functions. DEFAULT_4XX and
 * DEFAULT_5XX keep the gateway's own status.
 */
const RESPONSES: readonly [type: string, code: ErrorCode, status?: 'own'][] = [
  ['MISSING_AUTHENTICATION_TOKEN', 'APIC.0301'],
  ['INVALID_SIGNATURE', 'APIC.0301'],
  ['EXPIRED_TOKEN', 'APIC.0301'],
  ['ACCESS_DENIED', 'APIC.0302'],
  ['UNAUTHORIZED', 'APIC.0305'],
  ['WAF_FILTERED', 'APIC.0306'],
  ['THROTTLED', 'APIC.0308'],
  ['QUOTA_EXCEEDED', 'APIC.0308'],
  ['REQUEST_TOO_LARGE', 'APIC.0201/413'],
  ['INTEGRATION_FAILURE', 'APIC.0202'],
  ['INTEGRATION_TIMEOUT', 'APIC.0203'],
  ['AUTHORIZER_FAILURE', 'APIC.0601'],
  ['AUTHORIZER_CONFIGURATION_ERROR', 'APIC.0601'],
  ['API_CONFIGURATION_ERROR', 'APIC.0601'],
  ['RESOURCE_NOT_FOUND', 'APIC.0101'],
  ['DEFAULT_4XX', 'APIC.0201', 'own'],
  ['DEFAULT_5XX', 'APIC.0601', 'own'],
];

/** Only custom authorizers with a cache have the gateway say this. */
const MESSAGES: ReadonlyMap<string, string> = new Map([['UNAUTHORIZED', FRONTEND_REFUSED]]);

/**
 * Gives a REST API the bodies and statuses callers of the reference system depend on. The request id is the gateway's UUID.
 *
 * @param origins whose pages may read them; there are none by default
 */
export function addGatewayResponses(api: RestApi, origins: readonly string[] = []): GatewayResponse[] {
  const texts = new Map(catalogue().map((entry) => [entry.code, entry]));

  return RESPONSES.map(([type, code, status]) => {
    const entry = texts.get(code);
    const body = {
      error_msg: MESSAGES.get(type) ?? entry?.message,
      error_code: publicCode(code),
      request_id: '$context.requestId',
    };

    return api.addGatewayResponse(`Response-${type}`, {
      type: ResponseType.of(type),
      ...(status !== 'own' && { statusCode: String(entry?.status) }),
      responseHeaders: { 'X-Request-Id': 'context.requestId', ...corsHeaders(origins) },
      templates: { 'application/json': JSON.stringify(body) },
    });
  });
}

/**
 * A gateway response cannot choose: with several origins each is answered as it asks. What such a page learns is a code and a request id,
 * of a call it could make anyway; what functions answer, it still does not.
 */
function corsHeaders(origins: readonly string[]): Record<string, string> {
  const [origin, ...more] = origins;
  if (origin === undefined) {
    return {};
  }
  const allowed = more.length === 0 ? `'${origin}'` : 'method.request.header.Origin';

  return {
    'Access-Control-Allow-Origin': allowed,
    'Access-Control-Expose-Headers': `'${EXPOSED_HEADERS}'`,
    ...(origin !== '*' && { Vary: "'Origin'" }),
  };
}
