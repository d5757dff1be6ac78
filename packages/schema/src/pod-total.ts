// What the containers of a pod take together (upstream's component-helpers/resource), whatever amounts are made of.
import type { Container, Pod } from './generated/types.ts';

/** How amounts are put together. */
export interface Totals<T> {
  readonly none: T;
  readonly add: (a: T, b: T) => T;
  readonly max: (a: T, b: T) => T;
}

/** The containers with all sidecars, or the most that initialization takes at once. Without the pod's overhead. */
export function podTotal<T>({ spec }: Pod, of: (container: Container) => T, { none, add, max }: Totals<T>): T {
  let running = none;
  let peak = none;
  // Sidecars (init containers that restart) go on running beside everything that starts after them.
  for (const container of spec?.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') running = add(running, own);
    else peak = max(peak, add(running, own));
  }
  const together = (spec?.containers ?? []).reduce((sum, container) => add(sum, of(container)), running);
  return max(together, peak);
}
