class AesUtils {
  /** `encrypt(plainText, secretKey)`, or with `initialVector, length, mode, pad`. @returns base64 */
  static encrypt(plainText, secretKey, ...how) {
    return host('aes-encrypt', aesCall(plainText, secretKey, how));
  }

  static decrypt(encryptText, secretKey, ...how) {
    return host('aes-decrypt', aesCall(encryptText, secretKey, how));
  }
}
AesUtils.KEYLENGTH = Object.freeze({ KL_128: 128, KL_192: 192, KL_256: 256 });
AesUtils.MODE = Object.freeze({ ECB: 'ECB', CBC: 'CBC', CFB: 'CFB', OFB: 'OFB', CTR: 'CTR', GCM: 'GCM' });
AesUtils.PAD = Object.freeze({ NOPADDING: 'NOPADDING', PKCS5PADDING: 'PKCS5PADDING' });
define(['com.roma.apic.livedata.common.v1.AesUtils', 'com.huawei.livedata.lambdaservice.util.AesUtils'], AesUtils);

function aesCall(text, key, how) {
  const call = { text: plainText(text), key: plainText(key) };
  if (how.length === 0) {
    return call;
  }
  const [vector, bits, mode, padding] = how;
  return { ...call, vector: plainText(vector), bits: bits ?? null, mode: mode ?? null, padding: padding ?? null };
}

/** Of a Java text too; what is none stays what it is, and is refused where it arrives. */
const plainText = (value) => (value instanceof String ? String(value) : (value ?? null));

/** As Java's: what it is made of cannot be seen but by `getEncoded()`. */
class RsaKey {
  #encoded;
  #format;

  constructor(format, encoded) {
    this.#format = format;
    this.#encoded = encoded;
  }

  static encodedOf(place, format, key) {
    if (!(key instanceof RsaKey) || key.#format !== format) {
      const method = format === 'X.509' ? 'getPublicKey' : 'getPrivateKey';
      throw new TypeError(`${place}: key: received something else; allowed: what RSAUtils.${method} gave`);
    }
    return key.#encoded;
  }

  getAlgorithm() {
    return 'RSA';
  }

  getFormat() {
    return this.#format;
  }

  getEncoded() {
    return bytesOfBase64(this.#encoded);
  }
}

class RSAUtils {
  static decodeBase64(base64) {
    return bytesOfBase64(base64);
  }

  static encodeBase64(bytes) {
    return Base64Utils.encode(bytes);
  }

  static getPublicKey(...given) {
    return new RsaKey('X.509', rsaKeyText('public', given));
  }

  static getPrivateKey(...given) {
    return new RsaKey('PKCS#8', rsaKeyText('private', given));
  }

  /** `encrypt(publicKey, bytes)` gives bytes, `encrypt(text, publicKey)` base64. */
  static encrypt(...given) {
    const [key, content, isText] = rsaCall(given);
    const base64 = host('rsa-encrypt', {
      key: RsaKey.encodedOf('RSAUtils.encrypt', 'X.509', key),
      content: crossing('RSAUtils.encrypt: source', content),
    });
    return isText ? base64 : bytesOfBase64(base64);
  }

  /** `decrypt(privateKey, bytes)` gives bytes, `decrypt(base64, privateKey)` a text. */
  static decrypt(...given) {
    const [key, content, isText] = rsaCall(given);
    const base64 = host('rsa-decrypt', {
      key: RsaKey.encodedOf('RSAUtils.decrypt', 'PKCS#8', key),
      content: crossing('RSAUtils.decrypt: source', content),
    });
    return isText ? Base64Utils.decode(base64) : bytesOfBase64(base64);
  }

  /** SHA256withRSA, of a text or bytes. @returns base64 */
  static sign(source, privateKey) {
    return host('rsa-sign', {
      key: RsaKey.encodedOf('RSAUtils.sign', 'PKCS#8', privateKey),
      content: crossing('RSAUtils.sign: source', source),
    });
  }

  static verify(source, publicKey, signature) {
    return host('rsa-verify', {
      key: RsaKey.encodedOf('RSAUtils.verify', 'X.509', publicKey),
      content: crossing('RSAUtils.verify: source', source),
      signature: crossing('RSAUtils.verify: signature', signature),
    });
  }
}
define(['com.roma.apic.livedata.common.v1.RSAUtils', 'com.huawei.livedata.lambdaservice.util.RSAUtils'], RSAUtils);

/** Its bytes, their base64, PEM, or modulus and exponent. */
function rsaKeyText(kind, given) {
  const place = kind === 'public' ? 'RSAUtils.getPublicKey' : 'RSAUtils.getPrivateKey';
  return given.length > 1
    ? host('rsa-key', { kind, modulus: String(given[0]), exponent: String(given[1]) })
    : host('rsa-key', { kind, key: crossing(place, given[0]) });
}

/** The key is first where bytes are meant, last where a text is. */
function rsaCall([first, second]) {
  return first instanceof RsaKey ? [first, second, false] : [second, first, true];
}

class CipherUtils {
  /** A password that the stack binds to a secret; read now, and not before. */
  static getPlainCipherText(key) {
    return host('password', String(key));
  }

  static getPlainCertificate(key) {
    return collection(host('certificate', String(key)));
  }
}
define([
  'com.huawei.livedata.lambdaservice.security.CipherUtils',
  'com.roma.apic.livedata.common.v1.CipherUtils',
], CipherUtils);

class JWTUtils {
  static createToken(appId, appKey, timestamp) {
    return host('app-token', { appId: String(appId), appKey: String(appKey), timestamp: String(timestamp) });
  }
}
define(['com.huawei.livedata.util.JWTUtils', 'com.roma.apic.livedata.common.v1.JWTUtils'], JWTUtils);

class RomaWebConfig {
  /** What `#{key}` stands for. @returns null for what is not declared */
  static getAppConfig(key) {
    return host('variable', String(key));
  }
}
define([
  'com.huawei.livedata.lambdaservice.config.RomaWebConfig',
  'com.roma.apic.livedata.common.v1.RomaWebConfig',
], RomaWebConfig);
