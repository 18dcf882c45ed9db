import { CREDENTIAL_HEADERS, OF_THE_CONNECTION, OF_THE_PLATFORM } from '../apic/http-backend.ts';
import { percentEncode } from '../apic/percent-encoding.ts';
import { InvalidSetting } from '../errors.ts';
import { checkWholeNumber } from '../platform/check-setting.ts';
import type { CompileExpression } from './expression.ts';
import { nestedObject } from './nested-object.ts';
import { Pace } from './pace.ts';
import { Rejection } from './rejection.ts';
import type { ScheduledTask } from './run-definition.ts';
import { checkHttpAuth, type HttpAuth } from './run-http-auth.ts';
import { type HttpSendPorts, requestOf, sendRequest } from './run-http-send.ts';
import {
  jsonWriter,
  memberText,
  type ObjectCells,
  type ObjectPlan,
  objectText,
  planObjects,
} from './run-object-plan.ts';
import type { OutgoingRow, Outlet } from './run-outlet.ts';
import { recordIds } from './run-record-id.ts';

/** An API: each record, or so many of them, become a request. */
export interface HttpTarget {
  readonly kind: 'http';
  /** Its host, for people; the address is in the function's environment. */
  readonly place: string;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Behind the address: `/orders/{OrderId}?by={User}`, names of the mapping in braces. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: HttpAuth;
  /** Whether a request has a body. */
  readonly hasBody: boolean;
  /** So many records of one request, as a list; below this path, `data.items`, in an object. */
  readonly batch?: { readonly size: number; readonly path?: string };
  /** The statuses that say it is done, from and to. */
  readonly success: readonly (readonly [from: number, to: number])[];
  /** Carries what is the same whenever a request is sent again. */
  readonly idempotencyHeader?: string;
  /** How long one answer may take. */
  readonly timeoutSeconds: number;
  /** PEM: the authorities to trust in place of the usual ones; those of a secret are told by the function's environment. */
  readonly ca?: string;
  /** What a connection test asks for; without it, what any API may be asked (RFC 9110 §9.3.7). */
  readonly test?: HttpTargetTest;
}

/** A request that leaves nothing behind. */
export interface HttpTargetTest {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | HttpTarget['method'];
  /** Behind the address. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly success: HttpTarget['success'];
}

/** A record on its way. */
export interface OutgoingObject extends OutgoingRow {
  readonly path: string;
  readonly text: string;
}

const PATH = /^(?:|[/?][\x21-\x7e]{0,1000})$/;
const FIELD = /\{([^{}]+)\}/g;
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,128}$/;
const HEADER_VALUE = /^[\x20-\x7e]{0,2000}$/;
const BATCH_PATH = /^[^.\s]+(?:\.[^.\s]+){0,7}$/;
const TEST_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Records between two places: as many as get through in about this time. */
const PACE = { first: 5, most: 500, targetMs: 1000 } as const;

/** @param where the setting's place, for the message. @throws InvalidSetting for what no API can be asked */
export function checkHttpTarget(target: HttpTarget, where: string): void {
  const { path, headers, auth, batch, hasBody, success, idempotencyHeader, timeoutSeconds } = target;
  if (!PATH.test(path) || path.replaceAll(FIELD, '').match(/[{}#]/) !== null) {
    throw new InvalidSetting(
      `${where}.path`,
      path,
      'a path that begins with `/` (or `?`), names of the mapping in braces',
    );
  }
  if (batch !== undefined) {
    checkWholeNumber(`${where}.batch.size`, batch.size, 1, 1000);
    if (path.includes('{')) {
      throw new InvalidSetting(`${where}.path`, path, 'a path without names: a request has records of many');
    }
    if (!hasBody) {
      throw new InvalidSetting(`${where}.batch`, batch, 'none without a body');
    }
    if (batch.path !== undefined && !BATCH_PATH.test(batch.path)) {
      throw new InvalidSetting(`${where}.batch.path`, batch.path, 'names separated by dots: `data.items`');
    }
  }
  if (!hasBody && !path.includes('{')) {
    throw new InvalidSetting(`${where}.path`, path, 'a path that names a record, `/orders/{Id}`: there is no body to');
  }
  for (const [name, value] of Object.entries({ ...headers, ...(idempotencyHeader && { [idempotencyHeader]: '' }) })) {
    checkHeader(name, value, `${where}.headers`);
  }
  checkSuccess(success, where);
  checkWholeNumber(`${where}.timeout`, timeoutSeconds, 1, 120);
  checkHttpAuth(auth, `${where}.auth`);
  if (target.test !== undefined) {
    checkTest(target.test, `${where}.test`);
  }
}

function checkTest({ method, path, body, success }: HttpTargetTest, where: string): void {
  if (!TEST_METHODS.includes(method)) {
    throw new InvalidSetting(`${where}.method`, method, TEST_METHODS.join(', '));
  }
  if (!PATH.test(path) || /[{}#]/.test(path)) {
    throw new InvalidSetting(
      `${where}.path`,
      path,
      'a path that begins with `/` (or `?`), without names of the mapping',
    );
  }
  if (body !== undefined && /^(?:GET|HEAD|OPTIONS)$/.test(method)) {
    throw new InvalidSetting(`${where}.body`, body, `none with ${method}`);
  }
  checkSuccess(success, where);
}

function checkSuccess(success: HttpTarget['success'], where: string): void {
  const wrong = success.find(([from, to]) => !(from >= 200 && from <= to && to <= 499));
  if (wrong !== undefined || success.length === 0) {
    throw new InvalidSetting(`${where}.success`, wrong?.join('-') ?? [], 'statuses from 200 to 499, or ranges of them');
  }
}

function checkHeader(name: string, value: string, where: string): void {
  const lower = name.toLowerCase();
  if (CREDENTIAL_HEADERS.has(lower)) {
    throw new InvalidSetting(where, name, 'no credentials, which would be in the template: `auth` names their secret');
  }
  if (!HEADER_NAME.test(name) || OF_THE_CONNECTION.has(lower) || (OF_THE_PLATFORM.has(lower) && lower !== 'host')) {
    throw new InvalidSetting(where, name, 'names of headers that are not of the connection');
  }
  if (!HEADER_VALUE.test(value)) {
    throw new InvalidSetting(`${where}[${name}]`, value, 'text in ASCII, without ends of lines');
  }
}

/** Sends one request after the other, in the order of the source. */
export function httpOutlet(
  task: ScheduledTask,
  target: HttpTarget,
  ports: HttpSendPorts,
  compile?: CompileExpression,
): Outlet<OutgoingObject> {
  const pace = new Pace(PACE, ports.now);
  const { batch } = target;

  return {
    plan(fields, run) {
      const objects = planObjects(task, fields, [], jsonWriter, compile);
      const bodyOf = target.hasBody
        ? nestedObject(objects.names, `${task.name}: mapping`)
        : (cells: ObjectCells) => objectText(objects.names, cells);
      const idOf = recordIds(task, run);
      const pathOf = pathReader(target.path, objects, `${task.name}: target.http.path`);

      return {
        version: objects.version,
        ...(objects.compute && { compute: objects.compute }),
        read(record) {
          const cells = objects.read(record);
          const path = cells instanceof Rejection ? cells : pathOf(cells);
          if (cells instanceof Rejection || path instanceof Rejection) {
            return cells instanceof Rejection ? cells : (path as Rejection);
          }
          const text = bodyOf(cells);

          return { id: idOf(record, text), path, text };
        },
      };
    },

    // The place is moved behind each batch: which records share one depends on nothing but where it begins.
    get recordsAtOnce() {
      return batch?.size ?? pace.records;
    },

    send: (rows, sending) =>
      pace.over(rows.length, async () => {
        const size = batch?.size ?? 1;
        for (let from = 0; from < rows.length; from += size) {
          await sendRequest(rows.slice(from, from + size), target, ports, sending);
        }
      }),

    show(row) {
      const { method, path, headers, body } = requestOf([row], target);

      return {
        request: `${method} ${target.place}${path}`,
        headers,
        ...(body !== undefined && { body: JSON.parse(body) }),
      };
    },

    async close() {},
  };
}

/** Values are encoded; one that would be another path than it is written is rejected. */
function pathReader(template: string, objects: ObjectPlan, setting: string) {
  const pieces = template.split(FIELD);
  const readers = pieces.map((piece, at) => (at % 2 === 0 ? piece : memberText(objects, piece, setting)));

  return (cells: ObjectCells): string | Rejection => {
    let path = '';
    for (const read of readers) {
      const text = typeof read === 'string' ? read : read(cells);
      if (text instanceof Rejection) {
        return text;
      }
      if (typeof read !== 'string' && /^\.{0,2}$/.test(text)) {
        return new Rejection('characters', `${setting}: ${JSON.stringify(text)} would be another path`);
      }
      path += typeof read === 'string' ? text : percentEncode(text);
    }

    return path;
  };
}
