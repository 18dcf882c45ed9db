/** How urgent a line is. Lambda's own lines about each invocation count as `debug`. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogLine {
  readonly level: LogLevel;
  /** ISO 8601, UTC; undefined where the line has none. */
  readonly time: string | undefined;
  readonly message: string;
  /** Whatever else the line says. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** D:lambda/latest/dg/nodejs-logging: what the runtime writes beside the function. */
const PLATFORM = /^(START|END|REPORT|INIT_START|EXTENSION|XRAY) /;
const CRASH = /Task timed out after|Runtime exited|Runtime\.\w+|\tERROR\t|^(Uncaught |\w*Error: )/;

/** Reads a line of a function's log: ours are JSON objects, the runtime's and a crash's are plain text. */
export function logLine(text: string): LogLine {
  const fields = parsed(text);
  if (fields === undefined) {
    const level = PLATFORM.test(text) ? 'debug' : CRASH.test(text) ? 'error' : 'info';

    return { level, time: undefined, message: text.trimEnd(), fields: {} };
  }
  const { level, time, message, ...rest } = fields;

  return {
    level: LOG_LEVELS.find((known) => known === String(level).toLowerCase()) ?? 'info',
    time: typeof time === 'string' ? time : undefined,
    message: typeof message === 'string' ? message : '',
    fields: rest,
  };
}

export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

function parsed(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);

    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
