/** Its object is the map itself: entries are fields, as JSON has them. */
function HashMap(entries) {
  const map = mapOf({});
  if (entries !== null && typeof entries === 'object') {
    map.putAll(entries);
  }
  return map;
}
HashMap.prototype = MAP;
define([
  'java.util.HashMap',
  'java.util.LinkedHashMap',
  'java.util.TreeMap',
  'java.util.Hashtable',
  'java.util.Properties',
  'java.util.Map',
], HashMap);

function ArrayList(values) {
  return listOf(values !== null && typeof values === 'object' ? Array.from(values) : []);
}
ArrayList.prototype = LIST;
define(['java.util.ArrayList', 'java.util.LinkedList', 'java.util.List'], ArrayList);

class Arrays {
  static asList(...values) {
    return listOf(values.length === 1 && Array.isArray(values[0]) ? values[0].slice() : values);
  }

  static toString(values) {
    return `[${Array.from(values).join(', ')}]`;
  }
}
define(['java.util.Arrays'], Arrays);

class UUID {
  #text;

  constructor(text) {
    this.#text = text;
  }

  static randomUUID() {
    return new UUID(host('uuid', null));
  }

  static fromString(text) {
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
      throw new TypeError(`UUID.fromString: received ${stringify(text)}; allowed: a UUID`);
    }
    return new UUID(String(text).toLowerCase());
  }

  equals(other) {
    return other instanceof UUID && other.#text === this.#text;
  }

  toString() {
    return this.#text;
  }

  toJSON() {
    return this.#text;
  }
}
define(['java.util.UUID'], UUID);

class Base64 {
  static getEncoder() {
    return new Base64Encoder((text) => text);
  }

  static getUrlEncoder() {
    return new Base64Encoder(urlSafe);
  }

  static getMimeEncoder() {
    return new Base64Encoder((text) => (text.match(/.{1,76}/g) ?? []).join('\r\n'));
  }

  static getDecoder() {
    return BASE64_DECODER;
  }

  static getUrlDecoder() {
    return BASE64_DECODER;
  }

  static getMimeDecoder() {
    return BASE64_DECODER;
  }
}
define(['java.util.Base64'], Base64);

class Base64Encoder {
  constructor(written) {
    this.written = written;
  }

  withoutPadding() {
    return new Base64Encoder((text) => this.written(text).replace(/=+$/, ''));
  }

  encodeToString(bytes) {
    return this.written(Base64Utils.encode(bytes));
  }

  encode(bytes) {
    return bytesOfText(this.encodeToString(bytes));
  }
}

const BASE64_DECODER = Object.freeze({
  decode: (given) => bytesOfBase64(Array.isArray(given) ? binaryOf(given) : given),
});

/** A moment, in milliseconds since 1970. */
class JavaDate {
  constructor(time = Date.now()) {
    this.setTime(time instanceof JavaDate || time instanceof Date ? time.getTime() : time);
  }

  getTime() {
    return this.time;
  }

  setTime(time) {
    Object.defineProperty(this, 'time', { value: Number(time), configurable: true });
  }

  before(other) {
    return this.time < other.getTime();
  }

  after(other) {
    return this.time > other.getTime();
  }

  compareTo(other) {
    return Math.sign(this.time - other.getTime());
  }

  equals(other) {
    return other instanceof JavaDate && other.time === this.time;
  }

  valueOf() {
    return this.time;
  }

  toString() {
    return new SimpleDateFormat('EEE MMM dd HH:mm:ss z yyyy').format(this);
  }

  toJSON() {
    return this.time;
  }
}
define(['java.util.Date'], JavaDate);

class TimeZone {
  constructor(id) {
    this.id = id;
  }

  static getTimeZone(id) {
    host('zone-offset', { zone: zoneName(String(id)), time: 0 });
    return new TimeZone(String(id));
  }

  getID() {
    return this.id;
  }
}
define(['java.util.TimeZone'], TimeZone);

/** `GMT+8` is `+08:00` to everybody else. */
function zoneName(id) {
  const [, sign, hours, minutes = '00'] = /^(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(id) ?? [];
  return sign === undefined ? id : `${sign}${hours.padStart(2, '0')}:${minutes}`;
}

class URLEncoder {
  static encode(text) {
    return formEncoded(text);
  }
}
define(['java.net.URLEncoder'], URLEncoder);

class URLDecoder {
  static decode(text) {
    return decodeURIComponent(String(text).replace(/\+/g, ' '));
  }
}
define(['java.net.URLDecoder'], URLDecoder);

class StandardCharsets {}
Object.assign(StandardCharsets, { UTF_8: 'UTF-8', ISO_8859_1: 'ISO-8859-1', US_ASCII: 'US-ASCII' });
define(['java.nio.charset.StandardCharsets'], StandardCharsets);
