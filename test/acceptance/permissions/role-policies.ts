import { AwsError } from '../../../local/errors.ts';
import type { IamEngine } from '../../../local/iam/iam-engine.ts';

type Document = { readonly Statement: readonly unknown[] };
type RoleDefinition = Parameters<IamEngine['putRole']>[0];

/** One statement of a role, as the templates made it. */
export interface RoleStatement {
  readonly role: string;
  /** The stack that gives the right: its name is in this. */
  readonly givenBy: string;
  /** Principals that may assume the role. */
  readonly services: readonly string[];
  readonly actions: readonly string[];
  /** For a person: the role, the actions and the beginning of the resource. */
  readonly name: string;
  /** Runs the work while every role is as it was, but for this statement. */
  without<T>(work: () => Promise<T> | T): Promise<T>;
}

/** A permission that was asked for. */
export interface Asked {
  readonly role: string;
  readonly action: string;
  /** The same for what is asked in the same words. */
  readonly key: string;
  /** Asks again, now. */
  readonly isAllowed: () => boolean;
  readonly denied: boolean;
}

export interface RolePolicies {
  statements(): readonly RoleStatement[];
  /** Calls back with every permission that is asked for, until the answer is called. */
  watch(asked: (permission: Asked) => void): () => void;
  /** Refuses an action to everybody until the answer is called, as if nobody had granted it. */
  refuse(action: string): () => void;
  /** Allows actions until the answer is called, as if a template did. */
  grant(role: string, actions: readonly string[]): () => void;
}

/** Listens at the IAM engine of a platform that is not deployed yet: who is given what, and who asks for it. */
export function watchPolicies(iam: IamEngine): RolePolicies {
  const roles = new Map<string, RoleDefinition>();
  const policies = new Map<string, { readonly roles: readonly string[]; readonly document: Document }>();
  const watchers = new Set<(permission: Asked) => void>();
  const refused = new Set<string>();
  const { putRole, putPolicy, removePolicy, authorize } = { ...iam };

  Object.assign(iam, {
    putRole(definition: RoleDefinition) {
      roles.set(definition.name, definition);

      return putRole(definition);
    },
    putPolicy(key: string, names: readonly string[], document: unknown) {
      policies.set(key, { roles: names, document: document as Document });
      putPolicy(key, names, document);
    },
    removePolicy(key: string) {
      policies.delete(key);
      removePolicy(key);
    },
    authorize(...[principal, action, resource, keys]: Parameters<IamEngine['authorize']>) {
      const role = nameOf(typeof principal === 'string' ? principal : principal.roleArn);
      const isAllowed = () => allows(() => authorize(principal, action, resource, keys));
      const denied = refused.has(action) || !isAllowed();
      const key = JSON.stringify([role, action, resource, keys]);
      for (const watcher of watchers) watcher({ role, action, key, isAllowed, denied: denied && !refused.has(action) });
      if (refused.has(action)) throw new AwsError('AccessDeniedException', `refused by the test: ${action}`);
      authorize(principal, action, resource, keys);
    },
  } satisfies Partial<IamEngine>);

  const statement = (
    { role, givenBy }: Pick<RoleStatement, 'role' | 'givenBy'>,
    document: Document,
    index: number,
    put: (document: Document) => void,
  ) => {
    const one = document.Statement[index] as { Action: string | string[]; Resource: unknown };
    const actions = [one.Action].flat();

    return {
      ...{ role, givenBy },
      services: servicesOf(roles.get(role)),
      actions,
      name: `${role}: ${actions.join(', ')} on ${JSON.stringify(one.Resource).slice(0, 120)}`,
      async without<T>(work: () => Promise<T> | T): Promise<T> {
        put({ ...document, Statement: document.Statement.filter((_, at) => at !== index) });
        try {
          return await work();
        } finally {
          put(document);
        }
      },
    };
  };

  return {
    statements: () => [
      ...[...roles.values()].flatMap((role) =>
        role.inline.flatMap(({ document }, at) =>
          (document as Document).Statement.map((_, index) =>
            statement(
              { role: role.name, givenBy: role.name },
              document as Document,
              index,
              (changed) =>
                void putRole({
                  ...role,
                  inline: role.inline.with(at, { ...role.inline[at], document: changed } as never),
                }),
            ),
          ),
        ),
      ),
      ...[...policies].flatMap(([key, { roles: names, document }]) =>
        names.flatMap((role) =>
          document.Statement.map((_, index) =>
            statement({ role, givenBy: key }, document, index, (changed) => putPolicy(key, names, changed)),
          ),
        ),
      ),
    ],
    watch(asked) {
      watchers.add(asked);

      return () => void watchers.delete(asked);
    },
    grant(role, actions) {
      const name = `granted to ${role}`;
      putPolicy(name, [role], { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });

      return () => removePolicy(name);
    },
    refuse(action) {
      refused.add(action);

      return () => void refused.delete(action);
    },
  };
}

function nameOf(roleArn: string): string {
  return roleArn.split('/').at(-1) ?? roleArn;
}

function allows(ask: () => void): boolean {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}

function servicesOf(role: RoleDefinition | undefined): readonly string[] {
  const { Statement = [] } = (role?.trust ?? {}) as { Statement?: { Principal?: { Service?: string | string[] } }[] };

  return Statement.flatMap(({ Principal }) => [Principal?.Service ?? []].flat());
}
