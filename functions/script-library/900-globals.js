// Last: what scripts see of all this.
function packages() {
  const root = {};
  for (const [path, type] of classes) {
    const names = path.split('.');
    const className = names.pop();
    let place = root;
    for (const name of names) {
      place[name] ??= {};
      place = place[name];
    }
    place[className] = type;
    nameOf.set(type, nameOf.get(type) ?? className);
    if (!Object.hasOwn(type, 'class')) {
      Object.defineProperty(type, 'class', { value: type });
    }
  }
  return root;
}

const nameOf = new Map();
const root = packages();
const global = globalThis;

function classAt(path) {
  const [, element] = /^(.+)\[\]$/.exec(path) ?? [];
  if (element !== undefined) {
    return JavaArray;
  }
  const type = classes.get(String(path));
  if (type === undefined) {
    throw new ReferenceError(`there is no class ${path}`);
  }
  return type;
}

/** `new (Java.type('byte[]'))(8)`. */
function JavaArray(length) {
  return listOf(new Array(length).fill(0));
}

/** The classes of packages, by their names: `with (new JavaImporter(java.util)) { … }`. */
function JavaImporter(...places) {
  return Object.assign(
    {},
    ...places.map((place) => (nameOf.has(place) ? { [nameOf.get(place)]: place } : classesIn(place))),
  );
}

function classesIn(place) {
  if (place === null || typeof place !== 'object') {
    throw new ReferenceError('importPackage: there is no such package');
  }
  return Object.fromEntries(Object.entries(place).filter(([, type]) => nameOf.has(type)));
}

Object.assign(global, {
  com: root.com,
  java: root.java,
  Packages: root,
  Java: {
    type: classAt,
    /** A list of Java as an array, and the other way. */
    from: (values) => Array.from(values),
    to: (values) => listOf(Array.from(values)),
  },
  JavaImporter,
  importClass(type) {
    const className = nameOf.get(type);
    if (className === undefined) {
      throw new ReferenceError('importClass: there is no such class');
    }
    global[className] = type;
  },
  importPackage(...places) {
    for (const place of places) {
      Object.assign(global, classesIn(place));
    }
  },
  print: (...values) => print(...values),
});

function print(...values) {
  host('print', values.map(String).join(' '));
}

/** The entry of the sandbox: calls the script and answers JSON text. `excute` is how the oldest scripts are written. */
global.__call = (data) => {
  const entry = typeof global.execute === 'function' ? global.execute : global.excute;
  if (typeof entry !== 'function') {
    throw new ReferenceError('the script has no function execute(data)');
  }
  return JSON.stringify(answerOf(entry(data)));
};
