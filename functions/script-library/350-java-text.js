const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const DATE_FIELD = /'((?:[^']|'')*)'|([A-Za-z])\2*/g;
const MINUTE = 60_000;

/** `java.text.SimpleDateFormat`: `yyyy MM dd HH hh mm ss SSS EEE MMM a Z X z` and texts in quotes. In UTC, unless a zone is set. */
class SimpleDateFormat {
  constructor(pattern) {
    this.pattern = String(pattern);
    this.zone = 'UTC';
    const unknown = [...this.pattern.matchAll(DATE_FIELD)].find(
      ([, , letter]) => letter && !'yMdHhmsSEaZXz'.includes(letter),
    );
    if (unknown !== undefined) {
      throw new TypeError(`SimpleDateFormat: received ${stringify(unknown[0])}; allowed: y M d H h m s S E a Z X z`);
    }
  }

  setTimeZone(zone) {
    this.zone = zone instanceof TimeZone ? zone.getID() : String(zone);
  }

  setLenient() {}

  /** A date, or milliseconds. */
  format(date) {
    const time = typeof date === 'number' ? date : date.getTime();
    const offset = offsetOf(this.zone, time);
    const local = new Date(time + offset * MINUTE);
    return this.pattern.replace(DATE_FIELD, (field, quoted, letter) => {
      if (letter === undefined) {
        return field === "''" ? "'" : quoted.replace(/''/g, "'");
      }
      return dateField(letter, field.length, local, offset);
    });
  }

  parse(text) {
    const fields = [];
    const expression = this.pattern.replace(
      /'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])/g,
      (field, quoted, letter, other) => {
        if (letter === undefined) {
          return escapedPattern(other ?? (field === "''" ? "'" : quoted.replace(/''/g, "'")));
        }
        fields.push([letter, field.length]);
        return DATE_PATTERNS[letter](field.length);
      },
    );
    const found = new RegExp(`^${expression}`).exec(String(text));
    if (found === null) {
      throw new TypeError(`SimpleDateFormat.parse: received ${stringify(String(text))}; allowed: ${this.pattern}`);
    }
    return new JavaDate(this.#timeOf(fields.map(([letter, length], index) => [letter, found[index + 1], length])));
  }

  #timeOf(fields) {
    const parts = { y: 1970, M: 1, d: 1, H: 0, m: 0, s: 0, S: 0 };
    let zone;
    let afternoon;
    for (const [letter, text, length] of fields) {
      if (letter === 'Z' || letter === 'X' || letter === 'z') {
        zone = text;
      } else if (letter === 'a') {
        afternoon = text.toUpperCase() === 'PM';
      } else if (letter === 'M' && length > 2) {
        parts.M = MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase()) + 1;
      } else if (letter !== 'E') {
        parts[letter === 'h' ? 'H' : letter] = Number(text) + (letter === 'y' && length === 2 ? 2000 : 0);
      }
    }
    const hours = afternoon === undefined ? parts.H : (parts.H % 12) + (afternoon ? 12 : 0);
    const time = Date.UTC(parts.y, parts.M - 1, parts.d, hours, parts.m, parts.s, parts.S);
    if (zone !== undefined) {
      return time - offsetOf(zone, time) * MINUTE;
    }
    // The zone's offset at the moment meant, not at the one of the same figures in UTC.
    return time - offsetOf(this.zone, time - offsetOf(this.zone, time) * MINUTE) * MINUTE;
  }
}
define(['java.text.SimpleDateFormat'], SimpleDateFormat);

const DATE_PATTERNS = {
  y: (length) => (length === 2 ? '(\\d{2})' : '(\\d{4})'),
  M: (length) => (length > 2 ? '([A-Za-z]+)' : numberPattern(length)),
  d: numberPattern,
  H: numberPattern,
  h: numberPattern,
  m: numberPattern,
  s: numberPattern,
  S: () => '(\\d{1,3})',
  E: () => '([A-Za-z]+)',
  a: () => '([AaPp][Mm])',
  Z: () => '([+-]\\d{2}:?\\d{2}|Z)',
  X: () => '([+-]\\d{2}(?::?\\d{2})?|Z)',
  z: () => '([A-Za-z/_]+(?:[+-]\\d{1,2}(?::?\\d{2})?)?)',
};

/** Two letters next to others are two digits; one takes what there is. */
function numberPattern(length) {
  return length >= 2 ? `(\\d{${length}})` : '(\\d{1,2})';
}

const escapedPattern = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function dateField(letter, length, local, offset) {
  const digits = (value) => String(value).padStart(length, '0');
  switch (letter) {
    case 'y':
      return length === 2 ? String(local.getUTCFullYear()).slice(-2) : digits(local.getUTCFullYear());
    case 'M':
      return length > 2 ? named(MONTHS[local.getUTCMonth()], length) : digits(local.getUTCMonth() + 1);
    case 'd':
      return digits(local.getUTCDate());
    case 'H':
      return digits(local.getUTCHours());
    case 'h':
      return digits(local.getUTCHours() % 12 || 12);
    case 'm':
      return digits(local.getUTCMinutes());
    case 's':
      return digits(local.getUTCSeconds());
    case 'S':
      return digits(local.getUTCMilliseconds());
    case 'E':
      return named(DAYS[local.getUTCDay()], length);
    case 'a':
      return local.getUTCHours() < 12 ? 'AM' : 'PM';
    default:
      return zoneField(letter, length, offset);
  }
}

const named = (name, length) => (length > 3 ? name : name.slice(0, 3));

function zoneField(letter, length, offset) {
  if (offset === 0 && letter !== 'Z') {
    return letter === 'X' ? 'Z' : 'UTC';
  }
  const sign = offset < 0 ? '-' : '+';
  const hours = String(Math.trunc(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  if (letter === 'z') {
    return `GMT${sign}${hours}:${minutes}`;
  }
  return letter === 'X' && length === 1
    ? sign + hours
    : sign + hours + (length > 2 && letter === 'X' ? ':' : '') + minutes;
}

/** In minutes. */
function offsetOf(zone, time) {
  const [, sign, hours, minutes = '00'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zoneName(zone)) ?? [];
  if (sign !== undefined) {
    return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  }
  return ['UTC', 'GMT', 'Z'].includes(zone) ? 0 : host('zone-offset', { zone, time });
}
