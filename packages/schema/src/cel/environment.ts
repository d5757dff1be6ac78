// The CEL environment of Kubernetes 1.32: the language, optional types, and the Kubernetes libraries. `authorizer` is left
// out: rules of custom resources may not use it, and nothing else evaluates CEL here yet.
import { Environment } from '@marcbachmann/cel-js';
import { once } from '../memoize.ts';
import { TICK, WEIGH, WEIGH_DEEP } from './budget.ts';
import type { Meter } from './meter.ts';
import { addAddresses } from './library/addresses.ts';
import { addFormats } from './library/formats.ts';
import { addLists } from './library/lists.ts';
import { addOptionals } from './library/optionals.ts';
import { addQuantities } from './library/quantities.ts';
import { addStrings } from './library/strings.ts';
import { addUrls } from './library/urls.ts';

const LIMITS = { maxAstNodes: 20_000, maxDepth: 150, maxListElements: 10_000, maxMapEntries: 10_000, maxCallArguments: 32 };

const libraries = once((): Environment => {
  const env = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits: LIMITS });
  for (const add of [addStrings, addLists, addOptionals, addQuantities, addUrls, addAddresses, addFormats]) add(env);
  return env;
});

/** An environment of its own, to which variables and types may be added; `meter` counts what its programs do. */
export function celEnvironment(meter: Meter): Environment {
  const env = libraries().clone();
  env.registerFunction(`${TICK}(int): bool`, (cost: bigint) => meter.spend(Number(cost)), { async: false });
  env.registerFunction(`${WEIGH}(A): A`, (value: unknown) => meter.weigh(value), { async: false });
  env.registerFunction(`${WEIGH_DEEP}(A): A`, (value: unknown) => meter.weighDeep(value), { async: false });
  return env;
}
