// Instances are started one after the other where they wait for each other, or all at once where they must not.
import type { StatefulSet } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'pod-management',
  title: 'the order in which instances start does not suit the engine',
  about:
    'With OrderedReady (the default) the second pod is made when the first is ready. Where an instance is ready only with a quorum (CockroachDB, etcd, RabbitMQ) the first never is after a full stop, and nothing starts any more. With Parallel all start at once: Cassandra must join nodes one by one, and Galera must begin with one. podManagementPolicy cannot be changed later.',
  loss: 'OrderedReady: a cluster that stopped as a whole does not start again. Parallel: nodes that join at once get wrong token ranges, or form two clusters',
  fix: 'set podManagementPolicy to what the engine needs; for a set that exists: delete it with --cascade=orphan and apply it anew',
  sources: [
    'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-management-policies',
    'https://www.rabbitmq.com/docs/cluster-formation#peer-discovery-k8s',
    'https://cassandra.apache.org/doc/latest/cassandra/managing/operating/topo_changes.html',
  ],
  mistakes: [13],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, engine, replicas, containers }) {
    if (source.kind !== 'StatefulSet' || replicas < 2 || !engine) return [];
    const said = (source.object as StatefulSet).spec?.podManagementPolicy;
    const policy = said ?? 'OrderedReady';
    const path = said === undefined ? ['spec'] : ['spec', 'podManagementPolicy'];
    const galera = containers.some(({ image }) => image !== undefined && /galera|xtradb-cluster/.test(image.value));
    const start = galera ? 'ordered' : engine.start;
    const probed = containers.find(({ spec }) => spec?.readinessProbe !== undefined);
    const common = { object: source, path, confidence: 'medium' as const };
    const says = said === undefined ? 'podManagementPolicy is OrderedReady, as nothing is said' : `podManagementPolicy is ${policy}`;
    if (start === 'parallel' && policy === 'OrderedReady' && probed) {
      return [
        {
          ...common,
          message: `${titleOf(source)} starts one instance after the other, but ${engine.name} is ready only with a quorum`,
          evidence: [
            { object: source, path, says },
            { object: source, path: [...probed.path, 'readinessProbe'], says: 'the next instance waits for this probe' },
          ],
        },
      ];
    }
    if (start === 'ordered' && policy === 'Parallel') {
      return [
        {
          ...common,
          message: `${titleOf(source)} starts all instances at once, but they must join one by one (${galera ? 'Galera' : engine.name})`,
          evidence: [{ object: source, path, says }],
        },
      ];
    }
    return [];
  },
};
