import { Refusal } from '../errors.ts';
import type { Origin } from './app-view.ts';

/** A published API as grants see it. */
export interface GrantableApi {
  readonly group: string;
  readonly api: string;
  readonly stage: string;
}

export interface PublishedApi extends GrantableApi {
  /** The app that owns it, which needs no grant. */
  readonly owner: string;
  readonly auth: string;
  /** Of one that puts messages into a topic, or looks them up: the topic, whose grants count in place of the API's. */
  readonly topic?: string;
}

/** An API the app may call although it belongs to another. */
export interface AppGrant extends GrantableApi {
  /** Given by these; both may have given the same, and each takes back its own. */
  readonly by: readonly Origin[];
}

/** Grants of stacks and those of operators are kept apart, so that neither undoes the other's. */
export interface GrantPorts {
  /** All APIs of the platform. */
  readonly apis: () => Promise<readonly PublishedApi[]>;
  readonly isDeclared: (app: string, api: GrantableApi) => Promise<boolean>;
  /** Those given at run time. */
  readonly given: (app: string) => Promise<readonly GrantableApi[]>;
  readonly give: (app: string, api: GrantableApi) => Promise<void>;
  readonly takeBack: (app: string, api: GrantableApi) => Promise<void>;
}

/** Lookups at once: a page of the list stays quick and the table's other readers too. */
const AT_ONCE = 20;

export async function appGrants(
  ports: Pick<GrantPorts, 'apis' | 'isDeclared' | 'given'>,
  app: string,
): Promise<AppGrant[]> {
  const [apis, given] = await Promise.all([ports.apis(), ports.given(app)]);
  const foreign = apis.filter(({ owner }) => owner !== app);
  const grants: AppGrant[] = [];
  for (let from = 0; from < foreign.length; from += AT_ONCE) {
    const some = foreign.slice(from, from + AT_ONCE);
    const declared = await Promise.all(some.map((api) => ports.isDeclared(app, api)));
    some.forEach(({ group, api, stage }, index) => {
      const one = { group, api, stage };
      const by: Origin[] = [
        ...(declared[index] ? ['stack' as const] : []),
        ...(given.some((other) => same(other, one)) ? ['run-time' as const] : []),
      ];
      if (by.length > 0) grants.push({ ...one, by });
    });
  }
  // One for an API that is gone must be seen as well: it would count again if the API came back.
  const gone = given.filter((grant) => !apis.some((api) => same(api, grant)));

  return [...grants, ...gone.map((grant) => ({ ...grant, by: ['run-time' as const] }))];
}

/**
 * Lets an app call an API of another from now on. Repeatable.
 *
 * @throws Refusal CAUSEWAY.0404 for an API that is not published there, CAUSEWAY.0412 for one whose owner it is or that anyone may call
 */
export async function grantApi(ports: GrantPorts, app: string, wanted: GrantableApi): Promise<AppGrant> {
  const { owner, auth, topic } = await published(ports, wanted);
  const name = `${wanted.group}/${wanted.api}`;
  if (owner === app) {
    throw new Refusal('CAUSEWAY.0412', { message: `The app ${app} owns ${name} and may call it without a grant.` });
  }
  if (topic !== undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `Who may call ${name} is said by the grants of its topic: "causeway topic grant ${topic} ${app}".`,
    });
  }
  if (auth !== 'app') {
    throw new Refusal('CAUSEWAY.0412', { message: `Anyone may call ${name}: its authentication is ${auth}.` });
  }
  await ports.give(app, wanted);
  const declared = await ports.isDeclared(app, wanted);

  return { ...wanted, by: declared ? ['stack', 'run-time'] : ['run-time'] };
}

/**
 * Takes back what was given at run time. What a stack declares stays until the stack says otherwise.
 *
 * @returns who still lets the app call: nobody, or a stack
 * @throws Refusal CAUSEWAY.0412 for a grant that only a stack gave, CAUSEWAY.0404 where there is none
 */
export async function revokeApi(
  ports: Pick<GrantPorts, 'isDeclared' | 'given' | 'takeBack'>,
  app: string,
  grant: GrantableApi,
): Promise<AppGrant> {
  const [given, declared] = await Promise.all([ports.given(app), ports.isDeclared(app, grant)]);
  if (given.some((one) => same(one, grant))) {
    await ports.takeBack(app, grant);

    return { ...grant, by: declared ? ['stack'] : [] };
  }
  const name = `${grant.group}/${grant.api} in ${grant.stage}`;
  if (declared) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `A stack grants ${app} the API ${name}: remove the grantTo from the stack and deploy it. Only grants given at run time are revoked here.`,
    });
  }
  throw new Refusal('CAUSEWAY.0404', { message: `The app ${app} has no grant for ${name}.` });
}

async function published({ apis }: Pick<GrantPorts, 'apis'>, wanted: GrantableApi): Promise<PublishedApi> {
  const namesakes = (await apis()).filter(({ group, api }) => group === wanted.group && api === wanted.api);
  const found = namesakes.find(({ stage }) => stage === wanted.stage);
  if (found !== undefined) {
    return found;
  }
  const name = `${wanted.group}/${wanted.api}`;
  const [elsewhere] = namesakes;
  throw new Refusal('CAUSEWAY.0404', {
    message:
      elsewhere === undefined
        ? `There is no API ${name}.`
        : `The API ${name} is not published in ${wanted.stage}, only in ${elsewhere.stage}.`,
  });
}

function same(one: GrantableApi, other: GrantableApi): boolean {
  return one.group === other.group && one.api === other.api && one.stage === other.stage;
}
