// Nothing shows that losing an instance was ever tried.
import { chaosOn, rehearsalAnnotation, REHEARSED_FAILOVER } from '../../model/rehearsals.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'failover-never-rehearsed',
  title: 'nothing shows that losing an instance was ever tried',
  about:
    'Replication that was never tested fails in the first real outage: wrong time-outs, clients that do not reconnect, a replica that was never in sync. Evidence of a rehearsal is an experiment of Chaos Mesh or Litmus that means the workload, or the annotation holdfast.dev/failover-rehearsed with a date. `holdfast lab` rehearses it on this machine.',
  loss: 'the first lost node is the first test, with the real data',
  fix: 'drain a node while a client writes, count acknowledged and lost writes, and annotate the workload with holdfast.dev/failover-rehearsed: <date>',
  sources: [
    'https://chaos-mesh.org/docs/simulate-pod-chaos-on-kubernetes/',
    'https://litmuschaos.github.io/litmus/experiments/categories/pods/pod-delete/',
  ],
  mistakes: [],
  severity: 'info',
  appliesTo: 'databases',
  needs: [],
  check(graph, workload) {
    const { source, replicas, replicasPath } = workload;
    if (replicas < 2 || rehearsalAnnotation(workload, REHEARSED_FAILOVER) || chaosOn(graph, workload).length > 0) return [];
    return [
      {
        object: source,
        path: replicasPath,
        message: `nothing shows that ${titleOf(source)} ever lost an instance and went on`,
        evidence: [{ object: source, path: replicasPath, says: `has ${replicas} instances, so that it may lose one` }],
        confidence: 'low',
      },
    ];
  },
};
