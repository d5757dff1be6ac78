// A budget that lets go more members than the quorum can miss.
import { allowedDisruptions, toOne } from '../../model/budget.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'budget-breaks-quorum',
  title: 'a PodDisruptionBudget allows so many evictions that the quorum is lost',
  about:
    'An engine whose members vote goes on only with a majority: of n members it can miss (n-1)/2, rounded down. A budget that allows more evictions at once lets an ordinary drain of two nodes stop the database. Engines that vote: CockroachDB, etcd, ZooKeeper, MongoDB, Kafka, RabbitMQ, Elasticsearch, NATS. Engines that keep three copies of data among many members (CockroachDB, Kafka, NATS, Elasticsearch) can miss one, whatever their number.',
  loss: 'the database stops accepting writes while nodes are drained; forcing it to go on with a minority loses acknowledged writes',
  fix: 'set maxUnavailable: 1',
  sources: [
    'https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions',
    'https://etcd.io/docs/latest/faq/#why-an-odd-number-of-cluster-members',
  ],
  mistakes: [9],
  severity: 'error',
  appliesTo: 'databases',
  needs: ['PodDisruptionBudget'],
  check(graph, workload) {
    const { source, engine, replicas, replicasPath } = workload;
    if (!engine?.quorum || replicas < 3) return [];
    const majority = Math.floor((replicas - 1) / 2);
    // With three copies of each piece of data, two members may hold the same piece's majority.
    const canMiss = engine.voters === 'some' ? 1 : majority;
    return graph.coverage.budgets(workload).flatMap((budget) => {
      const { allowed, path, says } = allowedDisruptions(budget.object, replicas);
      if (allowed <= canMiss) return [];
      return [
        {
          object: budget,
          path,
          message: `${titleOf(budget)} lets ${allowed} of ${replicas} instances of ${titleOf(source)} go at once; ${engine.name} can miss ${canMiss}`,
          evidence: [
            { object: source, path: replicasPath, says: `has ${replicas} instances, which agree by majority` },
            { object: budget, path, says: `${says} allows ${allowed} evictions at once` },
          ],
          edits: toOne(budget.object),
          // Copies may be configured to be five.
          confidence: allowed > majority ? ('high' as const) : ('medium' as const),
          ...(allowed > majority ? {} : { severity: 'warning' as const }),
        },
      ];
    });
  },
};
