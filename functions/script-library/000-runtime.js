// Runs inside the sandbox before every script, in a scope of its own. `host` is the one way out of it: it blocks until the operation is done,
// and throws what went wrong as an error the script may catch. `hostText`, from outside, takes and gives JSON.
const { parse, stringify } = JSON;
const host = (operation, argument) => parse(hostText(operation, stringify(argument ?? null)));
const classes = new Map();

/** A class of the reference system, under every path that scripts import it by. */
function define(paths, type) {
  for (const path of paths) {
    classes.set(path, type);
  }
  return type;
}

/** Rows and maps look like the Java collections scripts may take them for, and stay plain objects for everything else. */
function collection(value) {
  if (Array.isArray(value)) {
    value.forEach(collection);
    hidden(value, { size: () => value.length, get: (index) => value[index], isEmpty: () => value.length === 0 });
  } else if (value !== null && typeof value === 'object') {
    Object.values(value).forEach(collection);
    hidden(value, {
      get: (key) => (Object.hasOwn(value, key) ? value[key] : null),
      put: (key, entry) => {
        value[key] = entry;
      },
      containsKey: (key) => Object.hasOwn(value, key),
      keySet: () => collection(Object.keys(value)),
      size: () => Object.keys(value).length,
    });
  }
  return value;
}

/** A field of that name stays a field. */
function hidden(target, methods) {
  for (const [name, method] of Object.entries(methods)) {
    if (!Object.hasOwn(target, name)) {
      Object.defineProperty(target, name, { value: method, configurable: true, writable: true });
    }
  }
}

/** `getName`/`setName` for each of these fields, as a bean has them. */
function beans(type, names) {
  for (const name of names) {
    const field = name[0].toLowerCase() + name.slice(1);
    type.prototype[`get${name}`] = function get() {
      return this[field] ?? null;
    };
    type.prototype[`set${name}`] = function set(value) {
      this[field] = value;
    };
  }
}
