import { afterEach, beforeEach, jest } from '@jest/globals';

/** Collects what handlers log while a test runs, and keeps it off the terminal. */
export function logLines(): { all(): Record<string, unknown>[]; text(): string } {
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));

      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  return {
    all: () => lines.map((line) => JSON.parse(line)),
    text: () => lines.join(''),
  };
}
