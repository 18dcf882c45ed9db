import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '../../../bin/synthesize.ts';
import { handlerCode } from '../../../lib/platform/handler-bundle.ts';
import { pastingHandler } from '../../injection/bundle-with.ts';

/** Group → the function of it that is replaced, and by what. */
const REPLACEMENTS = {
  BrokenAuthorizer: ['apic/authorize-call', "throw new TypeError('a private detail')"],
  SilentAuthorizer: [
    'apic/authorize-call',
    `return { principalId: 'anyone', policyDocument: { Version: '2012-10-17', Statement: [
       { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: event.methodArn }] } }`,
  ],
  EndingFunction: ['apic/data-api', 'process.exit(3)'],
} as const;

/** The trial integration, synthesized, with the faults of some of its groups planted. @returns the assembly's folder */
export async function trialAssembly(folder: string): Promise<string> {
  const assembly = await synthesize(join(import.meta.dirname, 'index.ts'), folder);
  for (const [group, [entry, fault]] of Object.entries(REPLACEMENTS)) {
    writeFileSync(functionOf(assembly, group, entry), `export const handler = async (event) => { ${fault}; };\n`);
  }
  writeFileSync(functionOf(assembly, 'Pasting', 'apic/data-api'), await pastingHandler());

  return assembly;
}

/** The code file of a group's function with this entry. */
function functionOf(assembly: string, group: string, entry: string): string {
  const [index, ...more] = readdirSync(assembly)
    .map((asset) => join(assembly, asset))
    .filter((asset) => existsSync(join(asset, 'definitions.json')) && groupOf(asset) === group)
    .map((asset) => join(asset, 'index.mjs'))
    .filter((file) => readFileSync(file, 'utf8') === handlerCode(entry));
  if (index === undefined || more.length > 0) {
    throw new TypeError(`${group} has ${index === undefined ? 'no' : 'several'} functions ${entry}`);
  }

  return index;
}

function groupOf(asset: string): unknown {
  return JSON.parse(readFileSync(join(asset, 'definitions.json'), 'utf8')).group;
}
