// Texts of scripts are Java's too: on Nashorn they have its methods beside those of JavaScript.
class JavaTextMethods {
  equals(other) {
    return (typeof other === 'string' || other instanceof String) && String(this) === String(other);
  }

  equalsIgnoreCase(other) {
    return (typeof other === 'string' || other instanceof String) && this.toLowerCase() === String(other).toLowerCase();
  }

  compareTo(other) {
    const [one, two] = [String(this), String(other)];
    for (let index = 0; index < Math.min(one.length, two.length); index += 1) {
      if (one[index] !== two[index]) {
        return one.charCodeAt(index) - two.charCodeAt(index);
      }
    }
    return one.length - two.length;
  }

  contains(part) {
    return this.includes(String(part));
  }

  isEmpty() {
    return this.length === 0;
  }

  getBytes(charset) {
    return bytesOfText(String(this), charset);
  }

  toCharArray() {
    return listOf(this.split(''));
  }

  hashCode() {
    return Array.prototype.reduce.call(this, (code, one) => (Math.imul(code, 31) + one.charCodeAt(0)) | 0, 0);
  }

  /** The whole text, against an expression. */
  matches(expression) {
    return new RegExp(`^(?:${expression})$`).test(this);
  }

  replaceFirst(expression, replacement) {
    return this.replace(new RegExp(expression), javaReplacement(replacement));
  }

  /** As in Java, where a text is an expression; JavaScript's own is younger than the scripts. */
  replaceAll(expression, replacement) {
    return expression instanceof RegExp
      ? replaceAllOfScript.call(this, expression, replacement)
      : this.replace(new RegExp(expression, 'g'), javaReplacement(replacement));
  }
}
const replaceAllOfScript = String.prototype.replaceAll;
hideMethods(String.prototype, JavaTextMethods.prototype);

/** In Java `\\$` is the sign itself and `$0` all that was found: `$$` and `$&` in JavaScript. */
const javaReplacement = (text) =>
  String(text).replace(/\\(.)|\$0/g, (_, one) => (one === undefined ? '$&' : one === '$' ? '$$' : one));

// What scripts catch is Java's on Nashorn.
class JavaThrowableMethods {
  getMessage() {
    return this.message;
  }

  getLocalizedMessage() {
    return this.message;
  }

  printStackTrace() {
    print(`${this}\n${this.stack ?? ''}`);
  }
}
hideMethods(Error.prototype, JavaThrowableMethods.prototype);

/** `new java.lang.String(bytes, charset)`, or of a text. */
function JavaString(value, charset) {
  const text = typeof value === 'object' && !(value instanceof String) ? textOfBytes(value, charset) : `${value ?? ''}`;
  return new String(text);
}
JavaString.prototype = String.prototype;
Object.assign(JavaString, {
  valueOf: (value) => String(value),
  join: (separator, ...parts) => (Array.isArray(parts[0]) ? parts[0] : parts).join(separator),
  format: (pattern, ...values) => formatted(String(pattern), Array.isArray(values[0]) ? values[0] : values),
});
define(['java.lang.String'], JavaString);

/** What of `java.util.Formatter` scripts use: `%s %d %f %x %c %b %n %%`, with width, precision, `-` and `0`. */
function formatted(pattern, values) {
  let next = 0;
  return pattern.replace(/%([-0,+]*)(\d*)(?:\.(\d+))?([sdfxXcbn%])/g, (_, flags, width, precision, kind) => {
    if (kind === '%' || kind === 'n') {
      return kind === 'n' ? '\n' : '%';
    }
    const text = conversion(kind, values[next++], precision);
    const signed = flags.includes('+') && 'df'.includes(kind) && !text.startsWith('-') ? `+${text}` : text;
    const grouped = flags.includes(',') ? signed.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',') : signed;
    if (flags.includes('-')) {
      return grouped.padEnd(width);
    }
    return flags.includes('0') && 'dfxX'.includes(kind)
      ? grouped.replace(/^([+-]?)(.*)$/, (__, sign, digits) => sign + digits.padStart(width - sign.length, '0'))
      : grouped.padStart(width);
  });
}

function conversion(kind, value, precision) {
  switch (kind) {
    case 'd':
      return String(Math.trunc(Number(value)));
    case 'f':
      return Number(value).toFixed(precision ?? 6);
    case 'x':
      return Number(value).toString(16);
    case 'X':
      return Number(value).toString(16).toUpperCase();
    default:
      return precision === undefined ? String(value) : String(value).slice(0, precision);
  }
}

class StringBuilder {
  constructor(text = '') {
    this.text = typeof text === 'number' ? '' : String(text);
  }

  append(value) {
    this.text += String(value);
    return this;
  }

  insert(index, value) {
    this.text = this.text.slice(0, index) + String(value) + this.text.slice(index);
    return this;
  }

  deleteCharAt(index) {
    this.text = this.text.slice(0, index) + this.text.slice(index + 1);
    return this;
  }

  reverse() {
    this.text = Array.from(this.text).reverse().join('');
    return this;
  }

  setLength(length) {
    this.text = this.text.slice(0, length).padEnd(length, '\0');
  }

  length() {
    return this.text.length;
  }

  toString() {
    return this.text;
  }
}
define(['java.lang.StringBuilder', 'java.lang.StringBuffer'], StringBuilder);

class System {
  static currentTimeMillis() {
    return Date.now();
  }

  static nanoTime() {
    return Date.now() * 1e6;
  }

  static lineSeparator() {
    return '\n';
  }
}
System.out = Object.freeze({ println: (...values) => print(...values), print: (...values) => print(...values) });
System.err = System.out;
define(['java.lang.System'], System);

class Integer {
  static parseInt(text, radix = 10) {
    return wholeNumber(text, radix);
  }

  static valueOf(value, radix = 10) {
    return typeof value === 'number' ? value : wholeNumber(value, radix);
  }

  static toString(value, radix = 10) {
    return Number(value).toString(radix);
  }

  static toHexString(value) {
    return (Number(value) >>> 0).toString(16);
  }
}
Integer.MAX_VALUE = 2147483647;
Integer.MIN_VALUE = -2147483648;
define(['java.lang.Integer'], Integer);

class Long {
  static parseLong(text, radix = 10) {
    return wholeNumber(text, radix);
  }

  static valueOf(value, radix = 10) {
    return typeof value === 'number' ? value : wholeNumber(value, radix);
  }

  static toString(value, radix = 10) {
    return Number(value).toString(radix);
  }
}
define(['java.lang.Long'], Long);

class Double {
  static parseDouble(text) {
    return decimalNumber(text);
  }

  static valueOf(value) {
    return decimalNumber(value);
  }

  static toString(value) {
    return String(value);
  }
}
define(['java.lang.Double', 'java.lang.Float'], Double);

class JavaBoolean {
  static parseBoolean(text) {
    return String(text).toLowerCase() === 'true';
  }

  static valueOf(value) {
    return JavaBoolean.parseBoolean(value);
  }

  static toString(value) {
    return String(value);
  }
}
define(['java.lang.Boolean'], JavaBoolean);
define(['java.lang.Math'], Math);
define(['java.lang.Object'], Object);

class JavaException extends Error {
  constructor(message = '') {
    super(String(message));
    this.name = 'Exception';
  }
}
define(['java.lang.Exception', 'java.lang.RuntimeException', 'java.lang.IllegalArgumentException'], JavaException);

/** As Java reads it: all of the text, or an error. */
function wholeNumber(text, radix) {
  const digits = String(text);
  const value = /^[+-]?[0-9a-zA-Z]+$/.test(digits) ? parseInt(digits, radix) : NaN;
  const back = digits.replace(/^[+-]/, '').replace(/^0+(?=.)/, '');
  if (Number.isNaN(value) || Math.abs(value).toString(radix) !== back.toLowerCase()) {
    throw new TypeError(`NumberFormatException: For input string: ${stringify(digits)}`);
  }
  return value;
}

function decimalNumber(value) {
  const text = String(value).trim();
  const number = Number(text);
  if (text === '' || (Number.isNaN(number) && text !== 'NaN')) {
    throw new TypeError(`NumberFormatException: For input string: ${stringify(text)}`);
  }
  return number;
}
