/** Fields of a log line; `error` may hold anything thrown. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger;
}

/** One JSON object a line on stdout: `{"level","time","message",…fields}`. CloudWatch and the local runtime index it as it is. */
export const logger: Logger = createLogger({});

function createLogger(bound: LogFields): Logger {
  const write = (level: string) => (message: string, fields?: LogFields) => {
    const line = { level, time: new Date().toISOString(), message, ...bound, ...fields };

    process.stdout.write(`${JSON.stringify(line, printable)}\n`);
  };

  return {
    info: write('INFO'),
    warn: write('WARN'),
    error: write('ERROR'),
    child: (fields) => createLogger({ ...bound, ...fields }),
  };
}

/** Errors have no enumerable fields and JSON knows no bigint: both would vanish, or throw, exactly when they are needed. */
function printable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (!(value instanceof Error)) {
    return value;
  }

  return {
    name: value.name,
    message: value.message,
    stack: value.stack,
    ...('detail' in value ? { detail: value.detail } : {}),
    ...(value.cause === undefined ? {} : { cause: value.cause }),
  };
}
