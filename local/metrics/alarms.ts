import { join } from 'node:path';
import { arn } from '../account.ts';
import type { Log } from '../log.ts';
import { stateFile } from '../state-file.ts';
import { type AlarmDefinition, type AlarmJudgement, type AlarmStateValue, evaluateAlarm } from './evaluate-alarm.ts';
import type { Metric, Minutes } from './metric.ts';

export type { AlarmDefinition, AlarmStateValue };

export interface AlarmView extends AlarmJudgement {
  readonly definition: AlarmDefinition;
  readonly arn: string;
  /** When it came into its state, in milliseconds since the epoch. */
  readonly since: number;
}

interface State extends AlarmJudgement {
  readonly since: number;
}

export interface AlarmPorts {
  minutes(metric: Metric): Promise<Minutes>;
  now(): number;
  readonly log: Log;
}

/** The alarms of the templates and the states they are in, which outlive the runtime. */
export class Alarms {
  readonly #definitions = new Map<string, AlarmDefinition>();
  readonly #states = new Map<string, State>();
  readonly #file;
  readonly #ports: AlarmPorts;

  constructor(directory: string, ports: AlarmPorts) {
    this.#file = stateFile<Readonly<Record<string, State>>>(join(directory, 'alarms.json'), {});
    this.#ports = ports;
  }

  load(): void {
    for (const [name, state] of Object.entries(this.#file.read())) this.#states.set(name, state);
  }

  apply(definition: AlarmDefinition): { readonly name: string; readonly arn: string } {
    this.#definitions.set(definition.name, definition);

    return { name: definition.name, arn: arnOf(definition.name) };
  }

  async remove(name: string): Promise<void> {
    this.#definitions.delete(name);
    if (this.#states.delete(name)) await this.#save();
  }

  /** In the order of their names. */
  list(): AlarmView[] {
    return [...this.#definitions.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((definition) => ({ definition, arn: arnOf(definition.name), ...this.#stateOf(definition.name) }));
  }

  /** Looks at every alarm once. A change of state is a line of `logs/alarms.log`: there is nobody else to tell. */
  async evaluate(): Promise<void> {
    let changed = false;
    for (const definition of this.#definitions.values()) {
      const before = this.#stateOf(definition.name);
      const minutes = await this.#ports.minutes(definition.metric);
      const { state, reason } = evaluateAlarm(definition, minutes, this.#ports.now(), before);
      if (state === before.state) continue;
      changed = true;
      this.#states.set(definition.name, { state, reason, since: this.#ports.now() });
      const { name: alarm, description } = definition;
      this.#ports.log[state === 'ALARM' ? 'error' : 'info'](`alarm is ${state}`, { alarm, description, reason });
    }
    if (changed) await this.#save();
  }

  #stateOf(name: string): State {
    const reason = 'Unchecked: Initial alarm creation';

    return this.#states.get(name) ?? { state: 'INSUFFICIENT_DATA', reason, since: this.#ports.now() };
  }

  #save(): Promise<void> {
    return this.#file.write(Object.fromEntries(this.#states));
  }
}

function arnOf(name: string): string {
  return arn('cloudwatch', `alarm:${name}`);
}
