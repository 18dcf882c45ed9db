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
