import { type KeptModel, versionsOf } from './model-history.ts';
import { type ModelJudge, modelJudge } from './product-model.ts';

/** The models of the products whose messages a consumer reads. */
export interface ProductModels {
  /**
   * @param sentAt when the message was sent, milliseconds since 1970: it is judged by the version of that time; without one, by the present
   * @throws ModelNotRead when it has to be loaded first
   */
  of(productId: string, sentAt?: number): ModelJudge;
  /** @throws whatever reading it throws: without its model, no message of the product may be written */
  load(productId: string): Promise<void>;
}

/** Judges nothing: for where messages are read only to see what would become of them. */
export const NO_MODELS: ProductModels = {
  of: () => modelJudge('', undefined),
  load: async () => undefined,
};

export interface ModelCache extends ProductModels {
  /** Reads again what is old. A catalogue that is away leaves what was read last; `failed` hears of it. */
  refresh(): Promise<void>;
}

export interface ModelCachePorts {
  /** The catalogue's entry of a product. */
  readonly read: (productId: string) => Promise<KeptModel | undefined>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Called once for a product that the catalogue does not know. */
  readonly unknown: (productId: string) => void;
  /** Called when a model is read that differs from the one before. */
  readonly changed: (productId: string, model: ModelJudge) => void;
  /** Called when a model could not be read again. */
  readonly failed: (productId: string, error: unknown) => void;
}

/** The product's model has not been read yet. */
export class ModelNotRead extends Error {
  override readonly name = 'ModelNotRead';
  readonly productId: string;

  constructor(productId: string) {
    super(`the model of the product ${productId} has not been read yet`);
    this.productId = productId;
  }
}

/** With this, everybody knows a model before it counts: `KNOWN_AFTER_MS`. */
const MAX_AGE_MS = 30_000;
/** A topic carries a few products. Only records that no rule wrote could name more; they must not fill the memory. */
const MAX_PRODUCTS = 1000;
/** What no catalogue can be asked for: an app's message has no product, and whoever writes to the stream may name anything. */
const POSSIBLE = /^[\w-]{1,128}$/;

interface Known {
  /** The newest first, at least one; compiled when the first message is for it. */
  readonly versions: readonly KnownVersion[];
  readonly readAt: number;
}

interface KnownVersion {
  readonly from: number;
  readonly judge: () => ModelJudge;
}

/** Keeps what was read; a model is compiled once and used for every message. */
export function modelCache({ read, now, unknown, changed, failed }: ModelCachePorts): ModelCache {
  const models = new Map<string, Known>();
  let last: (Span & { readonly productId: string; readonly model: ModelJudge }) | undefined;

  async function load(productId: string): Promise<void> {
    const before = models.get(productId)?.versions[0]?.judge();
    const versions = knownVersions(productId, await read(productId));
    if (models.size >= MAX_PRODUCTS && before === undefined) {
      models.clear();
    }
    models.set(productId, { versions, readAt: now() });
    last = undefined;
    const model = (versions[0] as KnownVersion).judge();
    if (model.version === undefined && (before === undefined || before.version !== undefined)) {
      unknown(productId);
    }
    if (before !== undefined && (before.version !== model.version || before.enforcement !== model.enforcement)) {
      changed(productId, model);
    }
  }

  async function reload(productId: string, { versions }: Known): Promise<void> {
    try {
      await load(productId);
    } catch (error) {
      models.set(productId, { versions, readAt: now() });
      failed(productId, error);
    }
  }

  return {
    of(productId, sentAt = Number.POSITIVE_INFINITY) {
      // Neighbours in a batch are mostly of one product, and of one time.
      if (last?.productId === productId && last.from <= sentAt && sentAt < last.until) {
        return last.model;
      }
      const known = models.get(productId);
      if (known === undefined && !POSSIBLE.test(productId)) {
        return NO_MODELS.of(productId);
      }
      if (known === undefined) {
        throw new ModelNotRead(productId);
      }
      last = { productId, ...versionAt(known.versions, sentAt) };

      return last.model;
    },
    load,
    async refresh() {
      const oldest = now() - MAX_AGE_MS;
      const old = [...models].filter(([, { readAt }]) => readAt < oldest);
      await Promise.all(old.map(([productId, known]) => reload(productId, known)));
    },
  };
}

/** The times a version is for: from then on, and before. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/** What is older than every version is judged by the oldest. */
function versionAt(versions: readonly KnownVersion[], sentAt: number): Span & { readonly model: ModelJudge } {
  const found = versions.findIndex(({ from }) => from <= sentAt);
  const at = found < 0 ? versions.length - 1 : found;
  const { from, judge } = versions[at] as KnownVersion;

  return {
    from: at === versions.length - 1 ? Number.NEGATIVE_INFINITY : from,
    until: versions[at - 1]?.from ?? Number.POSITIVE_INFINITY,
    model: judge(),
  };
}

function knownVersions(productId: string, model: KeptModel | undefined): readonly KnownVersion[] {
  const versions = model === undefined ? [undefined] : versionsOf(model);

  return versions.map((version) => {
    let compiled: ModelJudge | undefined;

    return {
      from: version?.from ?? Number.NEGATIVE_INFINITY,
      judge() {
        compiled ??= modelJudge(productId, version && { product: '', ...version });

        return compiled;
      },
    };
  });
}
