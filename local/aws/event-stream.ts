import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';

export const EVENT_STREAM = 'application/vnd.amazon.eventstream';

/** Headers of one message; all of ours are strings. */
export type EventHeaders = Readonly<Record<string, string>>;

const STRING = 7;
const PRELUDE_BYTES = 8;
const CRC_BYTES = 4;

/**
 * One message of `application/vnd.amazon.eventstream`: total length, length of the headers, CRC-32 of these two; headers; payload; CRC-32 of
 * all before. https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function eventMessage(headers: EventHeaders, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const total = PRELUDE_BYTES + CRC_BYTES + head.length + payload.length + CRC_BYTES;
  const message = Buffer.alloc(total);
  message.writeUInt32BE(total, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, PRELUDE_BYTES)), PRELUDE_BYTES);
  head.copy(message, PRELUDE_BYTES + CRC_BYTES);
  payload.copy(message, PRELUDE_BYTES + CRC_BYTES + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, total - CRC_BYTES)), total - CRC_BYTES);

  return message;
}

/** An event of an AWS JSON protocol. */
export function jsonEvent(type: string, value: unknown): Buffer {
  const headers = {
    ':message-type': 'event',
    ':event-type': type,
    ':content-type': 'application/json',
  };

  return eventMessage(headers, Buffer.from(JSON.stringify(value)));
}

/** A modeled error, which ends the stream. */
export function jsonException(type: string, message: string): Buffer {
  const headers = {
    ':message-type': 'exception',
    ':exception-type': type,
    ':content-type': 'application/json',
  };

  return eventMessage(headers, Buffer.from(JSON.stringify({ message })));
}

function header(name: string, value: string): Buffer {
  const [label, text] = [Buffer.from(name), Buffer.from(value)];
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);

  return Buffer.concat([Buffer.from([label.length]), label, Buffer.from([STRING]), length, text]);
}

/** The body of an answer that goes on: messages as they come, until they end or nobody listens any more. */
export class EventStream {
  readonly messages: AsyncIterable<Buffer>;
  /** The caller is gone. */
  readonly stop: () => void;

  constructor(messages: AsyncIterable<Buffer>, stop: () => void) {
    this.messages = messages;
    this.stop = stop;
  }
}
