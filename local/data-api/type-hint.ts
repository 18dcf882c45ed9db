import { badRequest } from './errors.ts';

export const TYPE_HINTS = ['DATE', 'DECIMAL', 'JSON', 'TIME', 'TIMESTAMP', 'UUID'] as const;
export type TypeHint = (typeof TYPE_HINTS)[number];

interface Format {
  readonly says: string;
  matches(text: string): boolean;
}

/** The formats of the API reference; a time zone is in none of them. */
const FORMATS: Readonly<Record<TypeHint, Format>> = {
  DATE: { says: 'YYYY-MM-DD', matches: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDate(text) },
  TIME: { says: 'HH:MM:SS[.FFF]', matches: (text) => TIME.test(text) },
  TIMESTAMP: {
    says: 'YYYY-MM-DD HH:MM:SS[.FFF]',
    matches: (text) => /^\d{4}-\d\d-\d\d /.test(text) && isDate(text.slice(0, 10)) && TIME.test(text.slice(11)),
  },
  DECIMAL: { says: 'a decimal number', matches: (text) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) },
  JSON: { says: 'JSON', matches: isJson },
  UUID: {
    says: 'a UUID',
    matches: (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
  },
};

const TIME = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;

/** Throws `AwsError` BadRequestException when the text has not the format its hint promises. */
export function checkTypeHint(name: string, text: string, hint: TypeHint): void {
  const format = FORMATS[hint];
  if (format.matches(text)) return;

  throw badRequest(
    `Parameter ${name}: the value is no ${hint} (${format.says}): ${JSON.stringify(text.slice(0, 100))}`,
  );
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);

  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
