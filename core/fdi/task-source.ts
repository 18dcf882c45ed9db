import { createHash } from 'node:crypto';
import type { DataSource, SourceKind } from './data-source.ts';
import type { KafkaFeed } from './kafka-feed.ts';
import type { SourceCheck } from './source-check.ts';

/** What a task reads, or what it writes. */
export type TaskSide = 'source' | 'target';
export const TASK_SIDES: readonly TaskSide[] = ['source', 'target'];

/** What feeds a real-time task. */
export type TestedFeed = { readonly streamArn: string } | { readonly kafka: KafkaFeed };

/** What a task's function is asked: only there are the role, the network and the secrets that the task will work with. */
export interface SideQuestion {
  readonly test: TaskSide;
  /** Of the source of a real-time task. */
  readonly feed?: TestedFeed;
  /** Then an answer is due. */
  readonly timeMs: number;
}

export interface SideReply {
  readonly checks: readonly SourceCheck[];
}

/** What became of the last test. */
export interface SourceTest {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly passed: boolean;
  /** Of the settings it was of: other ones have not been tested. */
  readonly of: string;
}

/** One side of a task, as the catalogue has it: `Orders.source`. Its stack declares it; what became of its test is added at run time. */
export interface TaskSource {
  /** Of databases the URL says it. */
  readonly kind?: Exclude<SourceKind, 'unknown'>;
  /** What it is, for people: without a user and without what is told in confidence. */
  readonly place?: string;
  readonly usedBy: string;
  /** Stands for everything about it that the task is told. */
  readonly settings?: string;
  /** Who tests it. Those of function APIs have none: the management API tests these itself. */
  readonly tester?: {
    readonly functionArn: string;
    readonly task: string;
    readonly side: TaskSide;
    readonly feed?: TestedFeed;
  };
  readonly tested?: SourceTest;
}

/** What a source is known by in the catalogue. */
export function taskSourceName(task: string, side: TaskSide): string {
  return `${task}.${side}`;
}

/** Stands for the settings of a source: its URL, its user, where its secret is, what is read or written. Never for what a secret holds. */
export function settingsOf(source: object): string {
  const { tested: _tested, usedBy: _usedBy, tester, ...own } = source as TaskSource;
  const text = JSON.stringify({ ...own, feed: tester?.feed }, inOrder);

  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Whether its test has passed, with the settings it has now. */
export function hasPassed(source: TaskSource): boolean {
  return source.tested?.passed === true && source.tested.of === settingsOf(source);
}

/** For lists: the last test of the settings it has now. */
export function testedView(source: TaskSource): Pick<DataSource, 'tested'> {
  const { tested } = source;

  return tested === undefined || tested.of !== settingsOf(source)
    ? {}
    : { tested: { at: tested.at, passed: tested.passed } };
}

/** The table keeps no order of members. */
function inOrder(_name: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;
}
