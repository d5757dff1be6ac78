// Nothing says when an instance can serve.
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'no-readiness-probe',
  title: 'a database has no readiness probe',
  about:
    'Without a readiness probe a pod counts as ready the moment its process runs: a rolling update goes on to the next instance while this one still recovers, the budget counts it as healthy, and Services send to it. Evidence is the container that runs the engine.',
  loss: 'an update or a drain takes the next member while the last one has not joined: no quorum in the middle of an ordinary update',
  fix: 'add a readinessProbe that asks the engine itself (its health endpoint, or its own client)',
  sources: ['https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/'],
  mistakes: [14],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers, replicas }) {
    return containers
      .filter(({ spec }) => spec !== undefined && spec.readinessProbe === undefined)
      .slice(0, containers.every(({ spec }) => spec?.readinessProbe === undefined) ? 1 : 0)
      .map(({ name, path }) => ({
        object: source,
        path,
        message: `container ${name} of ${titleOf(source)} has no readiness probe`,
        evidence: [{ object: source, path, says: 'counts as ready as soon as its process runs' }],
        ...(replicas > 1 ? {} : { severity: 'info' as const }),
        confidence: 'high' as const,
      }));
  },
};
