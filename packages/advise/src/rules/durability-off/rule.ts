// The database is told to acknowledge what it has not written.
import { carelessSettings } from '../../model/durability.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'durability-off',
  title: 'a database is told to acknowledge what is not yet on its disk',
  about:
    'Switches that make benchmarks and tests quick: fsync, full_page_writes and synchronous_commit off in PostgreSQL; no doublewrite, innodb_flush_log_at_trx_commit=0 or sync_binlog=0 in MySQL; --nojournal of MongoDB; --unsafe-no-fsync of etcd; forceSync=no of ZooKeeper; unclean leader election of Kafka. On Kubernetes a node that dies, a killed pod on a node that dies soon after, and a detached disk are ordinary. Looked for are arguments, scripts, variables, and the settings in custom resources of CloudNativePG and Strimzi; files of configuration are not read.',
  loss: 'after the next lost node, acknowledged writes are gone; without fsync or doublewrite the files may be beyond use',
  fix: 'take the setting out; where speed is wanted, take a faster volume',
  sources: [
    'https://www.postgresql.org/docs/current/runtime-config-wal.html',
    'https://github.com/sameersbn/docker-postgresql/issues/86',
    'https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html#sysvar_innodb_flush_log_at_trx_commit',
    'https://etcd.io/docs/latest/op-guide/configuration/',
    'https://kafka.apache.org/documentation/#design_uncleanleader',
    'https://zookeeper.apache.org/doc/current/zookeeperAdmin.html#Unsafe+Options',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source } = workload;
    return carelessSettings(workload)
      .slice(0, 1)
      .map(({ path, says, loses }) => ({
        object: source,
        path,
        message: `${titleOf(source)} acknowledges writes that are not on disk: ${says}`,
        evidence: [
          {
            object: source,
            path,
            says:
              loses === 'corruption'
                ? `${says}: a crash of the node may leave files that cannot be read`
                : `${says}: a crash loses the last writes`,
          },
        ],
        ...(loses === 'writes' ? { severity: 'warning' as const } : {}),
        confidence: 'high',
      }));
  },
};
