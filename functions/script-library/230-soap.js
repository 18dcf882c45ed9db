class SoapConfig extends HttpConfig {
  constructor() {
    super();
    Object.assign(this, { method: 'POST', contentType: 'text/xml; charset=utf-8', envelopePrefix: 'soapenv' });
  }

  /** The request as XML: what `content` holds, within the operation where it does not say so itself. */
  buildSoapMessage() {
    const { envelopePrefix: envelope, namespacePrefix, namespace, operation, content } = this;
    const prefix = this.bodyPrefix ?? namespacePrefix ?? '';
    const space = namespace ? ` xmlns${namespacePrefix ? `:${namespacePrefix}` : ''}="${xmlText(namespace)}"` : '';
    const given = typeof content === 'object' && content !== null ? content : { [operation]: content ?? '' };
    const whole = operation && !Object.hasOwn(given, operation) ? { [operation]: given } : given;
    // Text is XML already.
    const body = typeof content === 'string' ? content : xmlElements(whole, prefix);
    return `<${envelope}:Envelope xmlns:${envelope}="http://schemas.xmlsoap.org/soap/envelope/"${space}><${envelope}:Header/><${envelope}:Body>${body}</${envelope}:Body></${envelope}:Envelope>`;
  }
}
beans(SoapConfig, ['BodyPrefix', 'EnvelopePrefix', 'Namespace', 'NamespacePrefix', 'Operation', 'SoapAction']);
define(['com.roma.apic.livedata.config.v1.SoapConfig'], SoapConfig);

class SoapClient {
  constructor(config) {
    if (!(config instanceof SoapConfig)) {
      throw new TypeError('SoapClient needs a SoapConfig');
    }
    this.config = config;
  }

  /** @returns an APIConnectResponse, whose body is XML, also where it is a fault */
  execute() {
    const request = Object.assign(new HttpConfig(), this.config, { content: this.config.buildSoapMessage() });
    if (this.config.soapAction !== undefined && request.getHeader('SOAPAction') === null) {
      request.headers = { ...request.headers, SOAPAction: `"${this.config.soapAction}"` };
    }
    const response = send(request);
    return new APIConnectResponse(response.code(), response.headers(), response.body().string(), false);
  }
}
define(['com.roma.apic.livedata.client.v1.SoapClient'], SoapClient);

function xmlElements(content, prefix) {
  return Object.entries(content)
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]]))
    .map(([name, value]) => xmlElement(prefix === '' || name.includes(':') ? name : `${prefix}:${name}`, value, prefix))
    .join('');
}

function xmlElement(name, value, prefix) {
  if (!/^[\p{L}_][\p{L}\p{N}_.-]*(?::[\p{L}_][\p{L}\p{N}_.-]*)?$/u.test(name)) {
    throw new TypeError(`SoapConfig: content: received ${stringify(name)}; allowed: names of XML elements`);
  }
  const inner = typeof value === 'object' && value !== null ? xmlElements(value, prefix) : xmlText(value ?? '');
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

function xmlText(value) {
  return String(value).replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
