// CEL is loaded when the first definition or the first expression of admission is written: most servers never need it.
import type { RuleCompiler } from '@holdfast/schema';
import type { AdmissionExpressions, CelAuthorizer } from '@holdfast/schema/cel';

/** A module that is loaded once and then at hand synchronously. What it holds never changes. */
class LazyModule<T> {
  readonly #import: () => Promise<T>;
  #loaded: T | undefined;

  constructor(load: () => Promise<T>) {
    this.#import = load;
  }

  async load(): Promise<void> {
    this.#loaded ??= await this.#import();
  }

  /** Throws before `load` has ended: a bug of the caller. */
  get(): T {
    if (!this.#loaded) throw new Error('the module was not loaded before it was used');
    return this.#loaded;
  }
}

const cel = new LazyModule(() => import('@holdfast/schema/cel'));

/** To be awaited before anything that CEL is part of is validated, served or evaluated. */
export async function loadCel(): Promise<void> {
  await cel.load();
}

/** Compiles the rules of a schema node. */
export const compileRules: RuleCompiler = (schema, path, node) => cel.get().compileRules(schema, path, node);

/** What admission makes with CEL. */
export function withCel(): {
  admission(kind: 'webhook' | 'policy'): AdmissionExpressions;
  authorizer(...from: ConstructorParameters<typeof CelAuthorizer>): CelAuthorizer;
} {
  const module = cel.get();
  return {
    admission: (kind) => new module.AdmissionExpressions(kind),
    authorizer: (...from) => new module.CelAuthorizer(...from),
  };
}
