import { causeway, type Platform, run } from '../platform.ts';

const PROGRAMS = {
  curl: ['sh', '-s'],
  js: [process.execPath, '--input-type=module', '-'],
  python: ['python3', '-'],
} as const;

type Language = keyof typeof PROGRAMS;

export const LANGUAGES = Object.keys(PROGRAMS) as readonly Language[];

/** Runs the code that `causeway api show` prints for an API of the workshop, as its owner. @returns all it says */
export async function printedCode(
  { state, file }: Platform,
  api: string,
  language: Language,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const values = Object.entries(parameters).flatMap(([name, value]) => ['-p', `${name}=${value}`]);
  const code = await causeway('api', 'show', api, '--code', language, ...values, '--state', state);
  const { key = '', secret = '', appCodes = [] } = file.apps['WorkshopOwner'] ?? {};
  const { accessKeyId, secretAccessKey, region } = file.aws;
  const [command, ...args] = PROGRAMS[language];
  const { stdout, stderr } = await run(command, args, code.stdout, {
    ...{ APP_KEY: key, APP_SECRET: secret, APP_CODE: appCodes[0] ?? '' },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region },
  });

  return code.stderr + stdout + stderr;
}
