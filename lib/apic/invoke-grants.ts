import { Grant, type IGrantable, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ApiDefinition } from '../../core/apic/api-definition.ts';
import { statementFor } from '../platform/allowance.ts';

type Api = Pick<ApiDefinition, 'name' | 'method' | 'path'>;

const ACTIONS = ['execute-api:Invoke'];
const BECAUSE = 'A star stands for a parameter of the path, or for any method, of one API.';

/** Which principals may call which of the APIs that IAM guards. */
export class InvokeGrants {
  readonly #apis: Api[] = [];
  readonly #given: { readonly api: Api; readonly principal: IPrincipal }[] = [];

  add(api: Api): void {
    this.#apis.push(api);
  }

  /** @param arn of the API's method and path */
  give(name: string, arn: string, grantee: IGrantable): Grant {
    const principal = grantee.grantPrincipal;
    this.#given.push(...this.#apis.filter((api) => api.name === name).map((api) => ({ api, principal })));
    if (Construct.isConstruct(principal)) {
      // Security rules want to know why there is a star.
      statementFor(principal, { actions: ACTIONS, resources: [arn], because: BECAUSE });
    }

    return Grant.addToPrincipal({ grantee, actions: ACTIONS, resourceArns: [arn] });
  }

  /** A star in an ARN matches slashes too: who may call `/a/{b}` may call `/a/{b}/c`. Nobody gets a right by accident. */
  problems(): string[] {
    return this.#given.flatMap(({ api, principal }) => {
      const granted = this.#given.filter((one) => one.principal === principal).map((one) => one.api.name);
      const reached = this.#apis.filter((other) => reaches(api, other) && !granted.includes(other.name));

      return reached.map(
        (other) =>
          `whoever may invoke ${api.name} (${api.path}) may invoke ${other.name} (${other.path}) too, since a star in an ARN matches slashes: grant it that as well, or publish it at a path that does not lie below.`,
      );
    });
  }
}

function reaches(api: Api, other: Api): boolean {
  const methods = [api.method, other.method];
  const pattern = api.path.split(/\{\w+\}/).map((text) => text.replaceAll(/[^\w/-]/g, '\\$&'));

  return (
    api !== other &&
    (methods.includes('ANY') || api.method === other.method) &&
    new RegExp(`^${pattern.join('.*')}$`).test(other.path)
  );
}
