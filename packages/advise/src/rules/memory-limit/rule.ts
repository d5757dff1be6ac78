// Memory that is promised and not kept.
import { compareQuantities, type ResourceRequirements } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'memory-limit',
  title: "a database's memory limit is not its request",
  about:
    'A node promises requests and not limits: a database that grows beyond its request is the first to be killed or evicted when its node runs short. With nothing said at all it is BestEffort, and goes before everything else. Request equal to limit makes the cache of the engine (a fixed share of memory) really its own.',
  loss: 'the node kills the database when its neighbours grow: a crash, at the moment of most load',
  fix: 'set requests.memory and limits.memory to the same amount',
  sources: ['https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#pod-selection-for-kubelet-eviction'],
  mistakes: [23],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers, template }) {
    return containers.flatMap(({ name, path, resources }) => {
      const { request, limit } = memoryOf(resources?.value);
      // What a custom resource leaves out its operator may fill in.
      if (request === undefined && limit === undefined && !template) return [];
      const equal = limit !== undefined && (request === undefined || sameAmount(request, limit));
      if (equal) return [];
      const at = limit === undefined ? (resources?.path ?? path) : [...(resources?.path ?? path), 'limits', 'memory'];
      const says =
        request === undefined
          ? 'nothing is said about memory'
          : limit === undefined
            ? `request ${request}, no limit`
            : `request ${request}, limit ${limit}`;
      return [
        {
          object: source,
          path: at,
          message: `memory of container ${name} of ${titleOf(source)}: ${says}`,
          evidence: [{ object: source, path: at, says }],
          ...(limit === undefined && request !== undefined ? { severity: 'info' as const } : {}),
          confidence: 'high' as const,
        },
      ];
    });
  },
};

function memoryOf(resources: ResourceRequirements | undefined): {
  readonly request: string | undefined;
  readonly limit: string | undefined;
} {
  const text = (value: string | number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  return { request: text(resources?.requests?.['memory']), limit: text(resources?.limits?.['memory']) };
}

function sameAmount(a: string, b: string): boolean {
  try {
    return compareQuantities(a, b) === 0;
  } catch {
    return a === b;
  }
}
