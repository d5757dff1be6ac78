// A switch for the first start, or for a disaster, that has stayed in the manifest.
import type { FieldPath } from '../../model/sourced-object.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Workload } from '../../model/workload.ts';
import type { Rule } from '../../rule.ts';

/** Arguments and variables (NAME=value) that found a cluster, per engine. Sources: each engine's manual. */
const SWITCHES: readonly { readonly engine: string; readonly argument?: RegExp; readonly variable?: RegExp }[] = [
  {
    engine: 'mysql',
    argument:
      /--wsrep[-_]new[-_]cluster\b|--wsrep[-_]cluster[-_]address=["']?gcomm:\/\/["']?(?=\s|$)|--group[-_]replication[-_]bootstrap[-_]group=(ON|1)\b/i,
    variable: /^(MARIADB_GALERA_CLUSTER_BOOTSTRAP=yes|MARIADB_GALERA_FORCE_SAFETOBOOTSTRAP=yes)$/i,
  },
  { engine: 'etcd', argument: /--force-new-cluster(?!=false)\b/, variable: /^ETCD_FORCE_NEW_CLUSTER=(true|1)$/i },
  { engine: 'rabbitmq', variable: /^RABBITMQ_FORCE_BOOT=(yes|true)$/i },
];

export const rule: Rule = {
  id: 'founds-again',
  title: 'a database is told to found a new cluster whenever it starts',
  about:
    'Some switches are for the very first start, or for one start after a disaster: --wsrep-new-cluster and an empty gcomm:// of Galera, group_replication_bootstrap_group of MySQL, --force-new-cluster of etcd, RABBITMQ_FORCE_BOOT. In a pod template they count at every restart of every pod: an instance that was only restarted does not join the others, but founds a cluster of its own with what it has. Looked for are arguments, scripts and variables of the engine’s container.',
  loss: 'two clusters that both take writes under one Service; when they are joined again, the writes of one are thrown away',
  fix: 'take the switch out of the template; found the cluster once by hand, by an operator, or by a script that asks the other members first',
  sources: [
    'https://galeracluster.com/library/documentation/mysql-wsrep-options.html#wsrep-cluster-address',
    'https://github.com/bitnami/bitnami-docker-mariadb-galera/issues/76',
    'https://github.com/apecloud/kubeblocks-addons/pull/2731',
    'https://github.com/mariadb-operator/mariadb-operator/pull/1631',
    'https://etcd.io/docs/latest/op-guide/recovery/',
    'https://dev.mysql.com/doc/refman/8.4/en/group-replication-bootstrap.html',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, workload) {
    const { source, replicas, replicasPath } = workload;
    return switchesOf(workload)
      .slice(0, 1)
      .map(({ path, says }) => ({
        object: source,
        path,
        message: `${titleOf(source)} founds a new cluster at every start: ${says}`,
        evidence: [
          { object: source, path, says: `${says} counts for every pod and every restart` },
          { object: source, path: replicasPath, says: `${replicas} ${replicas === 1 ? 'instance is' : 'instances are'} wanted` },
        ],
        confidence: 'high',
      }));
  },
};

function switchesOf({ containers, engine }: Workload): readonly { readonly path: FieldPath; readonly says: string }[] {
  const wanted = SWITCHES.find((one) => one.engine === engine?.name);
  return containers.flatMap(({ path, spec }) => [
    ...(['command', 'args'] as const).flatMap((field) =>
      (spec?.[field] ?? []).flatMap((text, index) => {
        const found = wanted?.argument?.exec(text)?.[0];
        return found === undefined ? [] : [{ path: [...path, field, index], says: found }];
      }),
    ),
    ...(spec?.env ?? []).flatMap(({ name, value }, index) =>
      wanted?.variable?.test(`${name}=${value ?? ''}`) ? [{ path: [...path, 'env', index], says: `${name}=${value}` }] : [],
    ),
  ]);
}
