import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scripts } from './script-fixture.ts';

const { run } = scripts();
let received: { type?: string; action?: string | string[] | undefined; body: string } | undefined;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
  }
  received = { type: String(request.headers['content-type']), action: request.headers['soapaction'], body };
  response.writeHead(500, { 'content-type': 'text/xml' }).end('<fault/>');
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
});

afterAll(() => new Promise((closed) => server.close(closed)));

const soap = (body: string) =>
  run(`importClass(com.roma.apic.livedata.client.v1.SoapClient);
importClass(com.roma.apic.livedata.config.v1.SoapConfig);
function refusal(work) { try { work(); return 'nothing'; } catch (error) { return error.message; } }
function execute(data) {
  var soap = new SoapConfig();
  soap.setUrl('${url}');
  soap.setNamespace('http://spring.io/guides/gs-producing-web-service');
  soap.setOperation('getCountryRequest');
  soap.setNamespacePrefix('ser');
  soap.setBodyPrefix('ser');
  soap.setEnvelopePrefix('soapenv');
  ${body}
}`);

const ENVELOPE = (body: string) =>
  `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ser="http://spring.io/guides/gs-producing-web-service"><soapenv:Header/><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;

test.each(['name', 'ser:name'])('the example of the reference system works, with %s', async (name) => {
  const body = `soap.setContent({ 'getCountryRequest': { '${name}': 'Spain' } });
    var result = new SoapClient(soap).execute(); return [result.getStatus(), result.getBody(), result.getHeaders().get('Content-Type')]`;

  expect(await soap(body)).toEqual([500, '<fault/>', 'text/xml']);
  expect(received).toEqual({
    type: 'text/xml; charset=utf-8',
    action: undefined,
    body: ENVELOPE('<ser:getCountryRequest><ser:name>Spain</ser:name></ser:getCountryRequest>'),
  });
});

test('content may hold lists, what needs escaping, nothing, or XML; an action goes along', async () => {
  const body = `soap.setSoapAction('urn:ask'); soap.setContent({ a: [1, '<&">'], b: null, c: { d: 'é' } }); new SoapClient(soap).execute();
    soap.setContent('<ser:own/>'); return soap.buildSoapMessage()`;

  expect(await soap(body)).toBe(ENVELOPE('<ser:own/>'));
  expect(received).toMatchObject({
    action: '"urn:ask"',
    body: ENVELOPE(
      '<ser:getCountryRequest><ser:a>1</ser:a><ser:a>&#60;&#38;&#34;&#62;</ser:a><ser:b/><ser:c><ser:d>é</ser:d></ser:c></ser:getCountryRequest>',
    ),
  });
});

test('what is no element is refused', async () => {
  expect(
    await soap(`soap.setContent({ 'a b': 1 }); return refusal(function () { soap.buildSoapMessage() })`),
  ).toContain('received "ser:a b"');
  expect(await soap(`return refusal(function () { new SoapClient({}) })`)).toContain('needs a SoapConfig');
});
