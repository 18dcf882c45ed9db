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
    nameOf.set(type, className);
  }
  return root;
}

const nameOf = new Map();
const root = packages();
const global = globalThis;

function classAt(path) {
  const type = classes.get(path);
  if (type === undefined) {
    throw new ReferenceError(`there is no class ${path}`);
  }
  return type;
}

Object.assign(global, {
  com: root.com,
  Packages: root,
  Java: { type: classAt },
  importClass(type) {
    const className = nameOf.get(type);
    if (className === undefined) {
      throw new ReferenceError('importClass: there is no such class');
    }
    global[className] = type;
  },
  importPackage(...places) {
    for (const [className, type] of places.flatMap((place) => Object.entries(place))) {
      global[className] = type;
    }
  },
  print: (...values) => void host('print', values.map(String).join(' ')),
});

/** The entry of the sandbox: calls the script and answers JSON text. `excute` is how the oldest scripts are written. */
global.__call = (data) => {
  const entry = typeof global.execute === 'function' ? global.execute : global.excute;
  if (typeof entry !== 'function') {
    throw new ReferenceError('the script has no function execute(data)');
  }
  return JSON.stringify(answerOf(entry(data)));
};
