// An even number of voters.
import { titleOf } from '../../model/sourced-object.ts';
import { listAt } from '../../model/value-at.ts';
import type { Workload } from '../../model/workload.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'even-quorum',
  title: 'an even number of members votes',
  about:
    'Four members can miss one, as three can, but there is one more to fail; two can miss none, so a pair is worse than a single instance; and an even split leaves no side with a majority. Where every instance votes (etcd, ZooKeeper, MongoDB, Galera) any even number is meant. Engines that choose their voters or keep three copies by themselves (CockroachDB, Kafka, Elasticsearch, RabbitMQ, NATS) are meant only with two.',
  loss: 'with two members the loss of either stops writes; with any even number a network split can stop both halves',
  fix: 'run three or five members; for MongoDB an arbiter is a member too',
  sources: [
    'https://etcd.io/docs/latest/faq/#why-an-odd-number-of-cluster-members',
    'https://www.mongodb.com/docs/manual/core/replica-set-architectures/',
  ],
  mistakes: [10],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source, groups } = workload;
    const voters = votersOf(workload);
    if (voters === 'none') return [];
    return groups
      .filter(({ replicas }) => (voters === 'all' ? replicas > 0 && replicas % 2 === 0 : replicas === 2))
      .map(({ replicas, path }) => ({
        object: source,
        path,
        message:
          replicas === 2
            ? `${titleOf(source)} has 2 members that vote: it can miss none, and one more than a single instance can fail`
            : `${titleOf(source)} has ${replicas} members that vote: it can miss ${replicas / 2 - 1}, as ${replicas - 1} could`,
        evidence: [{ object: source, path, says: `has ${replicas} members` }],
        ...(replicas === 2 ? { severity: 'error' as const } : {}),
        confidence: 'high' as const,
      }));
  },
};

/** Brokers of Kafka do not vote, controllers do; members of Galera do, replicas of MySQL do not. */
function votersOf({ engine, source, containers }: Workload): 'all' | 'some' | 'none' {
  if (source.kind === 'KafkaNodePool') {
    return listAt(source.object, ['spec', 'roles']).includes('controller') ? 'all' : 'none';
  }
  if (source.kind === 'PerconaXtraDBCluster') return 'all';
  if (containers.some(({ image }) => image !== undefined && /galera|xtradb-cluster/.test(image.value))) return 'all';
  return engine?.voters ?? 'none';
}
