// What a pod asks for as a whole (upstream's component-helpers/resource).
import type { Container, Pod } from '../generated/types.ts';
import { addAmounts, type Amounts, amountsOf, maxAmounts } from './resource-list.ts';

/** The sum of containers and sidecars, or the most that initialization takes at once. `overhead`: with the pod's own. */
export function podAmounts({ spec }: Pod, what: 'requests' | 'limits', overhead = false): Amounts {
  const of = ({ resources }: Container): Amounts => amountsOf(resources?.[what]);
  let running: Amounts = (spec?.containers ?? []).reduce((sum: Amounts, container) => addAmounts(sum, of(container)), {});
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of spec?.initContainers ?? []) {
    // Those that restart go on beside everything that starts after them.
    if (container.restartPolicy === 'Always') {
      running = addAmounts(running, of(container));
      sidecars = addAmounts(sidecars, of(container));
      peak = maxAmounts(peak, sidecars);
    } else peak = maxAmounts(peak, addAmounts(of(container), sidecars));
  }
  const whole = maxAmounts(running, peak);
  if (!overhead || !spec?.overhead) return whole;
  const own = amountsOf(spec.overhead);
  // Overhead adds to a limit only where there is one.
  return addAmounts(whole, what === 'requests' ? own : Object.fromEntries(Object.entries(own).filter(([name]) => whole[name])));
}
