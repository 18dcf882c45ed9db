/**
 * Which room may know which, how large a file may be and what it may be called. Pure: takes file texts, answers findings, so that
 * the rules themselves can be tested by feeding them bad files.
 */
export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const ROOMS = ['core', 'functions', 'lib', 'integrations', 'local', 'cli', 'console', 'bin', 'test', 'bench'] as const;
type Room = (typeof ROOMS)[number];

/** Other rooms of ours that a room may import; its own is always allowed. */
const MAY_IMPORT: Record<Room, readonly Room[]> = {
  core: [],
  functions: ['core'],
  lib: ['core'],
  integrations: ['lib'],
  local: [],
  console: ['core'],
  cli: ['core'],
  bin: ['cli', 'integrations', 'lib'],
  test: ['core', 'functions', 'lib', 'integrations', 'local', 'cli', 'console', 'bin', 'bench'],
  bench: ['core', 'functions', 'lib', 'integrations', 'local', 'cli', 'console', 'bin', 'test'],
};

/** The one door through which the CLI starts the local platform. */
const LOCAL_DOOR = 'cli/local.ts';

/** Areas of lib and functions stay apart; these two are everybody's. */
const SHARED_AREAS: Partial<Record<Room, string>> = { lib: 'platform', functions: 'shared' };

const CORE_PACKAGES = /^node:(crypto|buffer|util)$|^(zod|fast-xml-parser|jsonata)(\/|$)/;
const CLIENT_PACKAGES = /^(@aws-sdk|@smithy|mysql2|pg|ioredis|mongodb|kafkajs)(\/|$)/;
const MAX_LINES = 400;

export function findings(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...arrowFindings(file),
    ...sizeFindings(file),
    ...nameFindings(file),
    ...textFindings(file),
  ]);
}

function arrowFindings({ path, text }: SourceFile): string[] {
  const room = roomOf(path);
  if (room === undefined) {
    return [];
  }

  return importsOf(text).flatMap(({ specifier, typeOnly }) => {
    if (!specifier.startsWith('.')) {
      return packageFindings(path, room, specifier);
    }
    const target = resolve(path, specifier);
    const targetRoom = roomOf(target);
    if (targetRoom === undefined) {
      return [];
    }
    if (targetRoom === 'local' && room === 'cli' && path === LOCAL_DOOR) {
      return [];
    }
    if (targetRoom !== room && !MAY_IMPORT[room].includes(targetRoom)) {
      return [`${path}: ${room}/ may not import ${targetRoom}/ (${specifier})`];
    }
    return areaFindings(path, room, target, typeOnly);
  });
}

function areaFindings(path: string, room: Room, target: string, typeOnly: boolean): string[] {
  const shared = SHARED_AREAS[room];
  const [from, to] = [path.split('/')[1], target.split('/')[1]];
  if (shared === undefined || roomOf(target) !== room || from === to || to === shared) {
    return [];
  }
  if (room === 'lib' && typeOnly) {
    return [];
  }
  return [`${path}: area ${from} may not import area ${to}${room === 'lib' ? ' (only its types)' : ''}`];
}

function packageFindings(path: string, room: Room, specifier: string): string[] {
  if (room === 'core' && !CORE_PACKAGES.test(specifier)) {
    return [`${path}: core/ may not import ${specifier}`];
  }
  if (room === 'functions' && !path.startsWith('functions/shared/') && CLIENT_PACKAGES.test(specifier)) {
    return [`${path}: SDK clients and drivers belong in functions/shared/ (${specifier})`];
  }
  return [];
}

function sizeFindings({ path, text }: SourceFile): string[] {
  const lines = text.split('\n').length - 1;

  return lines > MAX_LINES ? [`${path}: ${lines} lines; at most ${MAX_LINES}`] : [];
}

function nameFindings({ path }: SourceFile): string[] {
  const parts = path.split('/');
  const bad = parts.filter((part) => !/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(part));
  const drawers = parts.filter((part) => /^(utils?|helpers?|misc|common)(\.ts)?$/.test(part));

  return [
    ...bad.map((part) => `${path}: "${part}" is not kebab-case`),
    ...drawers.map((part) => `${path}: "${part}" is a drawer, not a name`),
  ];
}

function textFindings({ path, text }: SourceFile): string[] {
  const room = roomOf(path);
  if (room === undefined || room === 'test' || room === 'bench') {
    return [];
  }
  const rules: [RegExp, string][] = [
    [/throw new Error\(/, 'a bare Error; use a typed error'],
    [/\b(TODO|FIXME|XXX)\b/, 'an unfinished mark'],
  ];
  if (room === 'core') {
    rules.push([/process\.env/, 'the environment in core/']);
  }
  return rules.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${path}: ${what}`);
}

function importsOf(text: string): { specifier: string; typeOnly: boolean }[] {
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+\s+from\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/gm,
  );

  return [...statements].map((match) => ({
    specifier: (match[2] ?? match[3]) as string,
    typeOnly: match[1] !== undefined,
  }));
}

function roomOf(path: string): Room | undefined {
  return ROOMS.find((room) => path.startsWith(`${room}/`));
}

function resolve(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '.') {
      parts.push(part);
    }
  }
  return parts.join('/');
}
