/** What a person may want to see while the platform starts and runs. */
export type RuntimeEvent =
  /** An engine comes up, or something in it takes its time: `installing MariaDB`. */
  | { readonly kind: 'progress'; readonly message: string }
  | {
      readonly kind: 'engine';
      readonly engine: string;
      readonly state: 'starting' | 'started' | 'stopped';
      readonly milliseconds?: number;
    }
  | {
      readonly kind: 'stack';
      readonly stack: string;
      readonly state: 'applying' | 'applied';
      readonly milliseconds?: number;
    }
  | {
      readonly kind: 'resource';
      readonly stack: string;
      readonly logicalId: string;
      readonly type: string;
      readonly state: 'applying' | 'applied' | 'failed' | 'removing' | 'removed';
      readonly milliseconds?: number;
    }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'ready'; readonly milliseconds: number };

export type OnEvent = (event: RuntimeEvent) => void;
