/** Bytes cross the border as a text of as many characters. */
function binaryOf(bytes) {
  const parts = [];
  for (let from = 0; from < bytes.length; from += 4096) {
    parts.push(String.fromCharCode(...Array.prototype.slice.call(bytes, from, from + 4096).map((byte) => byte & 0xff)));
  }
  return parts.join('');
}

/** As those of Java: from -128 to 127. */
function bytesOfBinary(binary) {
  return listOf(Array.from(binary, (character) => (character.charCodeAt(0) << 24) >> 24));
}

/** A text or bytes, for the outside. */
function crossing(place, value) {
  if (typeof value === 'string' || value instanceof String) {
    return { text: String(value) };
  }
  if (Array.isArray(value) || value instanceof Uint8Array || value instanceof Int8Array) {
    return { bytes: binaryOf(value) };
  }
  throw new TypeError(`${place}: received ${value === null ? 'null' : typeof value}; allowed: a text or bytes`);
}

const bytesOfBase64 = (text) => bytesOfBinary(host('bytes-of-base64', String(text)));
const textOfBytes = (bytes, charset) =>
  host('text-of-bytes', { content: crossing('StringUtils.toString: bytes', bytes), charset: charset ?? null });

/** In UTF-8, or in what else a text can be written here. */
function bytesOfText(text, charset) {
  const name = String(charset ?? 'UTF-8').toUpperCase();
  if (name === 'UTF-8' || name === 'UTF8') {
    return bytesOfBase64(host('base64-of', { text: String(text) }));
  }
  if (name === 'ISO-8859-1' || name === 'US-ASCII') {
    const most = name === 'US-ASCII' ? 0x7f : 0xff;
    return bytesOfBinary(Array.from(text, (one) => (one.charCodeAt(0) > most || one.length > 1 ? '?' : one)).join(''));
  }
  throw new TypeError(`getBytes: received ${stringify(charset)}; allowed: UTF-8, ISO-8859-1, US-ASCII`);
}

class Base64Utils {
  static encode(content) {
    return host('base64-of', crossing('Base64Utils.encode: content', content));
  }

  static encodeUrlSafe(content) {
    return urlSafe(Base64Utils.encode(content));
  }

  static decode(content) {
    return textOfBytes(bytesOfBase64(content));
  }

  static decodeUrlSafe(content) {
    return Base64Utils.decode(content);
  }
}
define([
  'com.roma.apic.livedata.common.v1.Base64Utils',
  'com.huawei.livedata.lambdaservice.util.Base64Utils',
], Base64Utils);

const urlSafe = (base64) => base64.replace(/\+/g, '-').replace(/\//g, '_');

class Md5Utils {
  static encode(content) {
    return host('md5', String(content));
  }
}
define(['com.roma.apic.livedata.common.v1.Md5Utils', 'com.huawei.livedata.lambdaservice.util.Md5Utils'], Md5Utils);

class MD5Encoder {
  static md5(source) {
    return host('md5', String(source));
  }
}
define([
  'com.huawei.livedata.lambdaservice.util.MD5Encoder',
  'com.roma.apic.livedata.common.v1.MD5Encoder',
], MD5Encoder);

class StringUtils {
  static toString(bytes, encoding) {
    return textOfBytes(bytes, encoding);
  }

  static toHexString(data) {
    return Array.from(data, (byte) => (byte & 0xff).toString(16).padStart(2, '0')).join('');
  }

  static hexToByteArray(hex) {
    const text = String(hex);
    if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) {
      throw new TypeError('StringUtils.hexToByteArray: received something else; allowed: pairs of hexadecimal digits');
    }
    return listOf((text.match(/../g) ?? []).map((pair) => (parseInt(pair, 16) << 24) >> 24));
  }
}
define([
  'com.roma.apic.livedata.common.v1.StringUtils',
  'com.huawei.livedata.lambdaservice.util.StringUtils',
], StringUtils);

class TextUtils {
  /** Names and values, as in a form. */
  static encodeByUrlEncoder(map) {
    return mapOf(Object.fromEntries(Object.entries(map).map((pair) => pair.map(formEncoded))));
  }

  static parseBoolean(value, defaultValue) {
    const text = String(value).trim().toLowerCase();
    return text === 'true' ? true : text === 'false' ? false : defaultValue;
  }

  /** As they are: `encodeByUrlEncoder` first, where they are not encoded. */
  static toHttpParameters(map) {
    return Object.entries(map)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
  }
}
define(['com.roma.apic.livedata.common.v1.TextUtils', 'com.huawei.livedata.lambdaservice.util.TextUtils'], TextUtils);

/** As `java.net.URLEncoder` does it. */
function formEncoded(value) {
  return encodeURIComponent(String(value))
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}
