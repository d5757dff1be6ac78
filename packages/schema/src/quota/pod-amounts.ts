// What a pod asks for as a whole.
import type { Container, Pod } from '../generated/types.ts';
import { podTotal } from '../pod-total.ts';
import { addAmounts, type Amounts, amountsOf, maxAmounts } from './resource-list.ts';

/** The sum of containers and sidecars, or the most that initialization takes at once. `overhead`: with the pod's own. */
export function podAmounts(pod: Pod, what: 'requests' | 'limits', overhead = false): Amounts {
  const { spec } = pod;
  const of = ({ resources }: Container): Amounts => amountsOf(resources?.[what]);
  const whole = podTotal(pod, of, { none: {}, add: addAmounts, max: maxAmounts });
  if (!overhead || !spec?.overhead) return whole;
  const own = amountsOf(spec.overhead);
  // Overhead adds to a limit only where there is one.
  return addAmounts(whole, what === 'requests' ? own : Object.fromEntries(Object.entries(own).filter(([name]) => whole[name])));
}
