import type { AwsResponse } from '../aws/service.ts';
import { AwsError } from '../errors.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An element's members: text, a nested element, or several of either. */
export interface XmlMembers {
  readonly [name: string]: XmlMember | undefined;
}
type XmlMember = string | number | boolean | XmlMembers | readonly XmlMembers[];

/** An answer of S3: one element with its namespace. */
export function xmlDocument(name: string, members: XmlMembers): string {
  return `${HEAD}<${name} xmlns="${NAMESPACE}">${membersXml(members)}</${name}>`;
}

/** S3 answers errors as XML and names some of them as no other service does. Ref: AmazonS3/latest/API/ErrorResponses */
export function s3Error(error: unknown, requestId: string): AwsResponse {
  const known =
    error instanceof AwsError
      ? error
      : new AwsError('InternalError', 'We encountered an internal error. Please try again.', 500);
  const [code, status] = NAMES[known.code] ?? [known.code, known.status];
  const fields = Object.fromEntries(Object.entries(known.fields).map(([name, value]) => [name, String(value)]));
  const members = { Code: code, Message: known.message, ...fields, RequestId: requestId, HostId: requestId };

  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: `${HEAD}<Error>${membersXml(members)}</Error>`,
  };
}

const NAMES: Readonly<Record<string, readonly [code: string, status: number]>> = {
  AccessDeniedException: ['AccessDenied', 403],
  UnrecognizedClientException: ['InvalidAccessKeyId', 403],
  ValidationException: ['InvalidArgument', 400],
};

function membersXml(members: XmlMembers): string {
  return Object.entries(members)
    .flatMap(([name, member]) =>
      (Array.isArray(member) ? member : [member])
        .filter((one) => one !== undefined)
        .map((one) => `<${name}>${typeof one === 'object' ? membersXml(one) : escaped(String(one))}</${name}>`),
    )
    .join('');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\p{Cc}\ufffe\uffff]/gu, (character) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`);
}
