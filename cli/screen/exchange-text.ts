import type { HttpRequest, HttpResponse } from '../http.ts';
import type { Output } from './output.ts';

/** A request and its response as they went over the wire, each line marked with its direction, then the time. */
export function exchangeText(request: HttpRequest, response: HttpResponse, colours: Output['colours']): string {
  const { pathname, search } = new URL(request.url);
  const sent = [
    `${request.method} ${pathname}${search} HTTP/1.1`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    '',
    ...(request.body === undefined ? [] : request.body.toString().split('\n')),
  ];
  const received = [
    `HTTP/1.1 ${response.status} ${response.reason}`.trimEnd(),
    ...response.headers.map(([name, value]) => `${name}: ${value}`),
    '',
  ];
  const status = response.status < 400 ? colours.green : colours.red;

  return [
    ...sent.map((line) => colours.dim(`> ${line}`.trimEnd())),
    ...received.map((line, index) => (index === 0 ? status : colours.dim)(`< ${line}`.trimEnd())),
    response.body.toString('utf8'),
    '',
    colours.dim(`${response.milliseconds.toFixed(1)} ms`),
  ].join('\n');
}
