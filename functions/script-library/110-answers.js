class APIConnectResponse {
  constructor(status = 200, headers = {}, body = '', isBase64 = false) {
    Object.assign(this, { status, headers, body, isBase64 });
  }
}
beans(APIConnectResponse, ['Status', 'Headers', 'Body']);
define(['com.roma.apic.livedata.provider.v1.APIConnectResponse'], APIConnectResponse);

/** What a script returned, as an HTTP answer. A text is the body as it is; everything else is JSON. */
function answerOf(returned) {
  if (returned instanceof APIConnectResponse) {
    const { status, headers, body, isBase64 } = returned;
    const texts = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
    return {
      status: Number(status),
      headers: Object.fromEntries(texts),
      body: textOf(body),
      base64: isBase64 === true,
    };
  }
  return { body: textOf(returned) };
}

function textOf(value) {
  if (typeof value === 'string' || value instanceof String) {
    return String(value);
  }
  return value === undefined ? '' : (JSON.stringify(value) ?? '');
}
