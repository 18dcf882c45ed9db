/** Something a person or a device does, which throws when it does not work. */
export interface Step {
  readonly name: string;
  run(): Promise<void>;
  /** Leaves something half done when it fails: it is done again afterwards. */
  readonly repeat?: boolean;
  /** Beside it other functions do the same with what they read before: it begins without that. */
  readonly fresh?: boolean;
  /** May have to wait for the next minute. */
  readonly slow?: boolean;
}
