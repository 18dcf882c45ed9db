import type { ParameterProps } from './parameter-props.ts';

/** What the modules of function APIs need: the types of their default export, and what they throw to refuse a call. */
export {
  type ApiFunction,
  CallRefused,
  type FunctionContext,
  type FunctionDatabase,
  type FunctionLog,
  type FunctionRequest,
  type FunctionSource,
  type FunctionStatements,
} from '../../core/apic/api-function.ts';
export type { ParameterProps } from './parameter-props.ts';

/**
 * The values of declared parameters: `ParametersOf<typeof parameters>`, where the module has
 * `export const parameters = { … } as const satisfies Record<string, ParameterProps>`, which its stack gives to the construct.
 */
export type ParametersOf<Declared extends Readonly<Record<string, ParameterProps>>> = {
  readonly [Name in keyof Declared]: GivenValue<Declared[Name]>;
};

type GivenValue<Props> = Props extends { in: 'path' } | { required: true } | { default: string }
  ? ValueOf<Props>
  : ValueOf<Props> | undefined;

type ValueOf<Props> = Props extends { type: 'integer' | 'number' }
  ? number
  : Props extends { type: 'boolean' }
    ? boolean
    : Props extends { enum: readonly (infer Value extends string)[] }
      ? Value
      : string;
