/** Where a stream of the terminal ends: colours and widths depend on it. */
export interface Writer {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width in characters, of a terminal. */
  readonly columns?: number | undefined;
}

/** Everything of the process that commands may use; `bin/causeway.ts` fills it, tests fill it with their own. */
export interface CliContext {
  readonly stdout: Writer;
  readonly stderr: Writer;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative folders start here. */
  readonly cwd: string;
  readonly version: string;
  /**
   * Writes the cloud assembly of an integration and answers its folder.
   * @param integration a folder's name under `integrations/`, or the path of a module of the same shape
   */
  readonly synthesize: (integration: string, outdir: string) => Promise<string>;
  /** Asks the person at the terminal; undefined when there is none. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Calls back at every Ctrl-C and SIGTERM until the answer is called. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Ends the process at once. */
  readonly exitNow: (code: number) => void;
}
