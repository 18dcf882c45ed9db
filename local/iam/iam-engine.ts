import { ACCOUNT, globalArn, PARTITION, REGION } from '../account.ts';
import type { Principal } from '../aws/service.ts';
import type { Credentials, Iam } from '../engines.ts';
import { AwsError, TemplateError } from '../errors.ts';
import type { ConditionKeys } from './condition.ts';
import { evaluate, namesAction, type Verdict } from './evaluate.ts';
import { MANAGED_POLICIES } from './managed-policies.ts';
import { readPolicy, type Statement } from './policy.ts';
import {
  checkInlineSize,
  checkManagedCount,
  checkManagedSize,
  checkTrustSize,
  policyCharacters,
} from './policy-size.ts';
import { roleId } from './principal-id.ts';
import { Sessions } from './sessions.ts';
import { stsService } from './sts-service.ts';

interface RoleDefinition {
  readonly name: string;
  readonly trust: unknown;
  readonly inline: readonly { readonly name: string; readonly document: unknown }[];
  readonly managedPolicyArns: readonly string[];
}

interface Role {
  readonly arn: string;
  readonly trust: readonly Statement[];
  readonly inline: readonly Statement[];
  readonly inlineCharacters: number;
  readonly managedPolicyArns: readonly string[];
}

/** A policy attached to roles by name: AWS::IAM::Policy and AWS::IAM::ManagedPolicy. */
interface AttachedPolicy {
  readonly roles: ReadonlySet<string>;
  readonly statements: readonly Statement[];
  readonly characters: number;
}

export interface IamEngine extends Iam {
  /** Throws `AwsError` LimitExceeded, as `putPolicy` does. */
  putRole(role: RoleDefinition): { readonly arn: string; readonly id: string };
  removeRole(name: string): void;
  /** @param key what the policy is found by: a managed policy's ARN, or any name unique to an inline one */
  putPolicy(key: string, roles: readonly string[], document: unknown): void;
  removePolicy(key: string): void;
  /** A principal takes a role for some time. Throws `AwsError` AccessDenied, unless the role's trust policy and, where that names the account, its own policies let it. */
  assumeAs(principal: Principal, roleArn: string, sessionName: string, seconds: number): AssumedRole;
}

export interface AssumedRole {
  readonly credentials: Credentials;
  readonly principal: Principal;
}

const ASSUME = 'sts:AssumeRole';
/** How a trust policy names every principal of the account. */
const WHOLE_ACCOUNT: readonly string[] = [ACCOUNT, globalArn('iam', 'root'), '*'];
/** Whoever started the runtime. */
const ADMINISTRATOR: Principal = {
  roleArn: globalArn('iam', 'user/local'),
  sessionArn: globalArn('iam', 'user/local'),
};

/** Roles, their policies, and the sessions functions and services have of them. Kept in memory: the template rebuilds it. */
export function createIamEngine(): IamEngine {
  const roles = new Map<string, Role>();
  const policies = new Map<string, AttachedPolicy>();
  const sessions = new Sessions();
  /** By role and action: the statements that say anything of it. Begins anew with every change of a role or a policy. */
  const relevant = new Map<string, Map<string, readonly Statement[]>>();

  const relevantTo = (role: string, action: string): readonly Statement[] => {
    const byAction = relevant.get(role) ?? new Map<string, readonly Statement[]>();
    relevant.set(role, byAction);
    const known = byAction.get(action) ?? statementsOf(role).filter((statement) => namesAction(statement, action));
    byAction.set(action, known);

    return known;
  };
  const statementsOf = (role: string): readonly Statement[] => {
    const { inline, managedPolicyArns } = roles.get(role) as Role;
    const attached = [...policies].filter(([key, policy]) => policy.roles.has(role) || managedPolicyArns.includes(key));
    const managed = managedPolicyArns.filter((one) => !policies.has(one)).flatMap(awsManaged);

    return [...inline, ...attached.flatMap(([, policy]) => policy.statements), ...managed];
  };

  const attachedTo = (role: string, managed: boolean) =>
    [...policies].filter(([key, policy]) => policy.roles.has(role) && key.startsWith('arn:') === managed);
  const checkRole = (name: string) => {
    const { inlineCharacters = 0, managedPolicyArns = [] } = roles.get(name) ?? {};
    const attached = attachedTo(name, false).reduce((sum, [, { characters }]) => sum + characters, inlineCharacters);
    checkInlineSize(name, attached);
    checkManagedCount(new Set([...managedPolicyArns, ...attachedTo(name, true).map(([key]) => key)]).size);
  };

  const verdictOn = (caller: Principal, action: string, resource: string, conditionKeys: ConditionKeys): Verdict => {
    if (caller.roleArn === ADMINISTRATOR.roleArn) return 'allowed';
    const name = roleName(caller.roleArn);

    if (!roles.has(name)) return 'implicitly denied';
    let keys: ConditionKeys | undefined;

    return evaluate(relevantTo(name, action), {
      ...{ action, resource },
      get keys() {
        keys ??= withGlobals(caller, conditionKeys);

        return keys;
      },
    });
  };

  const engine: IamEngine = {
    administrator: sessions.addUser(ADMINISTRATOR),
    putRole({ name, trust, inline, managedPolicyArns }) {
      const arn = globalArn('iam', `role/${name}`);
      relevant.clear();
      checkTrustSize(name, trust);
      roles.set(name, {
        arn,
        trust: readPolicy(`${name} (trust)`, trust),
        inline: inline.flatMap((one) => readPolicy(`${name}/${one.name}`, one.document)),
        inlineCharacters: inline.reduce((sum, { document }) => sum + policyCharacters(document), 0),
        managedPolicyArns,
      });
      checkRole(name);
      for (const one of managedPolicyArns) if (isAwsManaged(one)) awsManaged(one);

      return { arn, id: roleId(name) };
    },
    removeRole(name) {
      relevant.clear();
      roles.delete(name);
    },
    putPolicy(key, roleNames, document) {
      relevant.clear();
      const characters = policyCharacters(document);
      if (key.startsWith('arn:')) checkManagedSize(characters);
      policies.set(key, { roles: new Set(roleNames), statements: readPolicy(key, document), characters });
      for (const name of roleNames) checkRole(name);
    },
    removePolicy(key) {
      relevant.clear();
      policies.delete(key);
    },

    authorize(principal, action, resource, conditionKeys = {}) {
      const caller = typeof principal === 'string' ? sessionOf(principal, 'service') : principal;
      const verdict = verdictOn(caller, action, resource, conditionKeys);
      if (verdict !== 'allowed') throw accessDenied(caller, action, resource, verdict);
    },
    assume(roleArn, service, conditionKeys = {}) {
      const role = roles.get(roleName(roleArn));
      const trusted = role?.trust.filter(({ services }) => services.includes(service) || services.includes('*')) ?? [];
      const request = { action: ASSUME, resource: roleArn, keys: conditionKeys };
      if (evaluate(trusted, request) !== 'allowed') {
        throw new AwsError(
          'AccessDenied',
          `User: ${service} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
          403,
        );
      }
      return sessionOf(roleArn, service.split('.')[0] as string);
    },
    assumeAs(principal, roleArn, sessionName, seconds) {
      const trust = roles.get(roleName(roleArn))?.trust ?? [];
      const trustOf = (names: readonly string[]) =>
        evaluate(
          trust.filter(({ principals }) => principals.some((one) => names.includes(one))),
          { action: ASSUME, resource: roleArn, keys: withGlobals(principal, {}) },
        );
      const byName = trustOf([principal.roleArn, principal.sessionArn]);
      const byAccount = trustOf(WHOLE_ACCOUNT);
      // Who trusts the account leaves it to the account's own policies.
      const delegated = byAccount === 'allowed' && verdictOn(principal, ASSUME, roleArn, {}) === 'allowed';
      const denied = [byName, byAccount].includes('explicitly denied');
      if (denied || !(byName === 'allowed' || delegated)) {
        throw new AwsError(
          'AccessDenied',
          `User: ${principal.sessionArn} is not authorized to perform: ${ASSUME} on resource: ${roleArn}`,
          403,
        );
      }
      const session = sessionOf(roleArn, sessionName);

      return { credentials: sessions.add(session, seconds), principal: session };
    },
    credentials: (roleArn, sessionName) => sessions.add(sessionOf(roleArn, sessionName)),
    holder: (accessKeyId, sessionToken) => sessions.find(accessKeyId, sessionToken),
    async start() {},
    async stop() {
      sessions.clear();
    },
  };

  return { ...engine, services: [stsService(engine)] };
}

function sessionOf(roleArn: string, sessionName: string): Principal {
  return { roleArn, sessionArn: globalArn('sts', `assumed-role/${roleName(roleArn)}/${sessionName}`) };
}

function roleName(roleArn: string): string {
  return roleArn.split('/').at(-1) as string;
}

function withGlobals({ roleArn }: Principal, keys: ConditionKeys): ConditionKeys {
  return {
    'aws:PrincipalArn': roleArn,
    'aws:PrincipalAccount': ACCOUNT,
    'aws:PrincipalType': 'AssumedRole',
    'aws:RequestedRegion': REGION,
    'aws:ResourceAccount': ACCOUNT,
    // The platform speaks plain HTTP to itself on 127.0.0.1, where nobody listens in.
    'aws:SecureTransport': 'true',
    'aws:CurrentTime': new Date().toISOString(),
    ...keys,
  };
}

function accessDenied({ sessionArn }: Principal, action: string, resource: string, verdict: Verdict): AwsError {
  const because =
    verdict === 'explicitly denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;

  return new AwsError(
    'AccessDeniedException',
    `User: ${sessionArn} is not authorized to perform: ${action} on resource: ${resource} ${because}`,
  );
}

const AWS_MANAGED_PREFIX = `arn:${PARTITION}:iam::aws:policy/`;

function isAwsManaged(policyArn: string): boolean {
  return policyArn.startsWith(AWS_MANAGED_PREFIX);
}

function awsManaged(policyArn: string): readonly Statement[] {
  const document = MANAGED_POLICIES[policyArn.slice(AWS_MANAGED_PREFIX.length)];
  if (document === undefined) {
    throw new TemplateError(
      `the managed policy ${policyArn} is not known here; known: ${Object.keys(MANAGED_POLICIES).join(', ')}`,
    );
  }
  return readPolicy(policyArn, document);
}
