// Something adds and takes away instances of a database by load.
import type { Graph } from '../../model/graph.ts';
import { type SourcedObject, titleOf } from '../../model/sourced-object.ts';
import { textAt, valueAt } from '../../model/value-at.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'autoscaled-database',
  title: 'an autoscaler takes instances of a database away',
  about:
    'A HorizontalPodAutoscaler, or a ScaledObject of KEDA, writes the number of instances. It knows nothing of the data: when the load sinks it takes the last instance away without letting it hand over its data or leave the quorum, and when the load rises the instance comes back with the old claim and old data, or copies everything from a primary that is busy already. Meant are databases of which the least and the greatest number differ; an autoscaler of a pooler or of the application is another workload.',
  loss: 'each time the load sinks a copy, with some engines a vote or a shard, is gone; members that come back bring old data',
  fix: 'remove the autoscaler; add instances by hand or by the operator, and decommission one before it is taken away',
  sources: [
    'https://github.com/zalando/postgres-operator/issues/1790',
    'https://kubernetes.io/docs/tasks/run-application/scale-stateful-set/#before-you-begin',
    'https://www.cockroachlabs.com/docs/stable/scale-cockroachdb-kubernetes#remove-nodes',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['HorizontalPodAutoscaler'],
  check(graph, { source, engine }) {
    return scalersOf(graph, source)
      .slice(0, 1)
      .map((scaler) => ({
        object: scaler,
        path: ['spec'],
        message: `${titleOf(scaler)} changes the number of instances of ${titleOf(source)} by load`,
        evidence: [
          { object: scaler, path: ['spec', 'scaleTargetRef'], says: `scales ${titleOf(source)}` },
          {
            object: source,
            path: ['metadata', 'name'],
            says: engine?.quorum ? `members of ${engine.name} vote` : 'each instance holds data',
          },
        ],
        ...(engine?.quorum ? {} : { severity: 'warning' as const }),
        confidence: 'high',
      }));
  },
};

function scalersOf(graph: Graph, { kind, name, namespace }: SourcedObject): readonly SourcedObject[] {
  const means = (scaler: SourcedObject, standard: string | undefined): boolean => {
    const target = valueAt(scaler.object, ['spec', 'scaleTargetRef']);
    return (textAt(target, ['kind']) ?? standard) === kind && textAt(target, ['name']) === name;
  };
  const ranges = (scaler: SourcedObject, [least, most]: readonly [string, string], fewest: number, greatest: number): boolean =>
    (valueAt(scaler.object, ['spec', least]) ?? fewest) !== (valueAt(scaler.object, ['spec', most]) ?? greatest);
  return [
    ...graph
      .inNamespace('HorizontalPodAutoscaler', namespace)
      .filter((one) => means(one, undefined) && ranges(one, ['minReplicas', 'maxReplicas'], 1, 1)),
    ...graph
      .inNamespace('ScaledObject', namespace)
      .filter((one) => means(one, 'Deployment') && ranges(one, ['minReplicaCount', 'maxReplicaCount'], 0, 100)),
  ];
}
