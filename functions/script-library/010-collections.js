/** Gives the methods of one class to the objects of another, unseen by `for (… in …)`. */
function hideMethods(target, source) {
  for (const name of Object.getOwnPropertyNames(source)) {
    if (name !== 'constructor') {
      Object.defineProperty(target, name, { value: source[name], configurable: true, writable: true });
    }
  }
  return target;
}

/** Sets a field, whatever its name: no setter of all objects is called. */
function setField(target, name, value) {
  Object.defineProperty(target, String(name), { value, configurable: true, enumerable: true, writable: true });
}

const sameAs = (one, other) =>
  one === other ||
  (typeof one?.equals === 'function' && one.equals(other)) ||
  (one instanceof Object && other instanceof Object && stringify(one) === stringify(other));

/** What `java.util.Map` has. The fields of the object are the entries. */
class MapMethods {
  get(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  getOrDefault(key, otherwise) {
    return Object.hasOwn(this, key) ? this[key] : otherwise;
  }

  put(key, value) {
    const before = MapMethods.prototype.get.call(this, key);
    setField(this, key, value);
    return before;
  }

  putAll(entries) {
    for (const key of Object.keys(entries)) {
      setField(this, key, entries[key]);
    }
  }

  putIfAbsent(key, value) {
    return Object.hasOwn(this, key) ? this[key] : MapMethods.prototype.put.call(this, key, value);
  }

  remove(key) {
    const before = MapMethods.prototype.get.call(this, key);
    delete this[key];
    return before;
  }

  clear() {
    for (const key of Object.keys(this)) {
      delete this[key];
    }
  }

  containsKey(key) {
    return Object.hasOwn(this, key);
  }

  containsValue(value) {
    return Object.values(this).some((other) => sameAs(other, value));
  }

  keySet() {
    return listOf(Object.keys(this));
  }

  values() {
    return listOf(Object.values(this));
  }

  entrySet() {
    return listOf(Object.keys(this).map((key) => new MapEntry(this, key)));
  }

  forEach(action) {
    for (const key of Object.keys(this)) {
      action(key, this[key]);
    }
  }

  size() {
    return Object.keys(this).length;
  }

  isEmpty() {
    return Object.keys(this).length === 0;
  }

  toString() {
    return `{${Object.keys(this)
      .map((key) => `${key}=${this[key]}`)
      .join(', ')}}`;
  }
}

class MapEntry {
  constructor(map, key) {
    Object.assign(this, { map, key });
  }

  getKey() {
    return this.key;
  }

  getValue() {
    return this.map[this.key];
  }

  setValue(value) {
    return MapMethods.prototype.put.call(this.map, this.key, value);
  }
}

/** What `java.util.List` has, beside what arrays have. */
class ListMethods {
  size() {
    return this.length;
  }

  isEmpty() {
    return this.length === 0;
  }

  get(index) {
    if (!(index >= 0 && index < this.length)) {
      throw new RangeError(`Index: ${index}, Size: ${this.length}`);
    }
    return this[index];
  }

  set(index, value) {
    const before = ListMethods.prototype.get.call(this, index);
    this[index] = value;
    return before;
  }

  /** `add(value)` or `add(index, value)`. */
  add(...given) {
    this.splice(given.length > 1 ? given[0] : this.length, 0, given.at(-1));
    return true;
  }

  addAll(values) {
    this.push(...values);
    return values.length > 0;
  }

  contains(value) {
    return this.some((other) => sameAs(other, value));
  }

  /** At an index, where a number is given, as from scripts on Java; the first that is the same otherwise. */
  remove(which) {
    if (typeof which === 'number') {
      const before = ListMethods.prototype.get.call(this, which);
      this.splice(which, 1);
      return before;
    }
    const index = this.findIndex((other) => sameAs(other, which));
    this.splice(index, index < 0 ? 0 : 1);
    return index >= 0;
  }

  clear() {
    this.length = 0;
  }

  iterator() {
    let next = 0;
    return { hasNext: () => next < this.length, next: () => this[next++] };
  }

  subList(from, to) {
    return listOf(this.slice(from, to));
  }

  toArray() {
    return this.slice();
  }

  toString() {
    return `[${this.map(String).join(', ')}]`;
  }
}

const MAP = hideMethods(Object.create(Object.prototype), MapMethods.prototype);
const LIST = hideMethods(Object.create(Array.prototype), ListMethods.prototype);

function mapOf(entries) {
  return Object.setPrototypeOf(entries, MAP);
}

function listOf(values) {
  return Object.setPrototypeOf(values, LIST);
}

/** Rows and maps look like the Java collections scripts may take them for, and stay plain objects for everything else. A field of a method's name stays a field. */
function collection(value) {
  if (Array.isArray(value)) {
    value.forEach(collection);
    return listOf(value);
  }
  if (value !== null && typeof value === 'object') {
    Object.values(value).forEach(collection);
    return mapOf(value);
  }
  return value;
}
