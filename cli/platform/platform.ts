import type { ManagementClient } from '../management-client.ts';
import type { LocalFile } from './local-file.ts';

/** A running platform: on this machine or in an AWS account, the same to every command. */
export interface Platform {
  readonly client: ManagementClient;
  /** Where the CLI remembers what the platform says only once. */
  readonly memory: string;
  /** Addresses and credentials known without asking; only on this machine. */
  readonly local?: LocalFile;
}
