// Custom resources of data operators, read as workloads: where each keeps its number of instances and its storage.
import { isRecord, type PersistentVolumeClaimSpec } from '@holdfast/schema';
import { engineNamed } from './engines.ts';
import type { FieldPath, SourcedObject } from './sourced-object.ts';
import type { Workload, WorkloadStorage } from './workload.ts';

/** How one kind is read. `*` in a path stands for each element of a list. */
interface CustomForm {
  readonly group: string;
  readonly kind: string;
  readonly engine: string;
  /** Every path that is there counts; several are summed. */
  readonly replicas: readonly (readonly string[])[];
  /** Number of instances where the resource does not say. */
  readonly defaultReplicas: number;
  /** Paths of a PersistentVolumeClaimSpec, or of fields named size and storageClass (or class) in its stead. */
  readonly storage: readonly (readonly string[])[];
}

const FORMS: readonly CustomForm[] = [
  form('crdb.cockroachlabs.com', 'CrdbCluster', 'cockroachdb', [['nodes']], 3, [['dataStore', 'pvc', 'spec']]),
  form('postgresql.cnpg.io', 'Cluster', 'postgresql', [['instances']], 1, [['storage'], ['walStorage']]),
  form('kafka.strimzi.io', 'Kafka', 'kafka', [['kafka', 'replicas']], 0, [
    ['kafka', 'storage'],
    ['kafka', 'storage', 'volumes', '*'],
  ]),
  form('kafka.strimzi.io', 'KafkaNodePool', 'kafka', [['replicas']], 1, [['storage'], ['storage', 'volumes', '*']]),
  form('pxc.percona.com', 'PerconaXtraDBCluster', 'mysql', [['pxc', 'size']], 3, [['pxc', 'volumeSpec', 'persistentVolumeClaim']]),
  form('psmdb.percona.com', 'PerconaServerMongoDB', 'mongodb', [['replsets', '*', 'size']], 3, [
    ['replsets', '*', 'volumeSpec', 'persistentVolumeClaim'],
  ]),
  form('pgv2.percona.com', 'PerconaPGCluster', 'postgresql', [['instances', '*', 'replicas']], 1, [
    ['instances', '*', 'dataVolumeClaimSpec'],
  ]),
  form('postgres-operator.crunchydata.com', 'PostgresCluster', 'postgresql', [['instances', '*', 'replicas']], 1, [
    ['instances', '*', 'dataVolumeClaimSpec'],
  ]),
  form('databases.spotahome.com', 'RedisFailover', 'redis', [['redis', 'replicas']], 3, [
    ['redis', 'storage', 'persistentVolumeClaim', 'spec'],
  ]),
  form('apps.kubeblocks.io', 'Cluster', '', [['componentSpecs', '*', 'replicas']], 1, [
    ['componentSpecs', '*', 'volumeClaimTemplates', '*', 'spec'],
  ]),
];

/** undefined for other kinds. */
export function readCustomWorkload(source: SourcedObject): Workload | undefined {
  const group = source.apiVersion.split('/')[0];
  const known = FORMS.find((one) => one.group === group && one.kind === source.kind);
  if (!known) return undefined;
  const counts = known.replicas
    .flatMap((path) => expand(source.object, ['spec', ...path]))
    .filter(({ value }) => typeof value === 'number');
  return {
    source,
    replicas: counts.length === 0 ? known.defaultReplicas : counts.reduce((sum, { value }) => sum + Number(value), 0),
    replicasPath: counts[0]?.path ?? ['spec'],
    template: undefined,
    storage: known.storage.flatMap((path) => expand(source.object, ['spec', ...path]).flatMap(storageAt)),
    engine: engineNamed(known.engine),
    database: [{ path: ['kind'], reason: `${source.kind} of ${group} is a database that its operator runs` }],
  };
}

interface Found {
  readonly path: FieldPath;
  readonly value: unknown;
}

function expand(root: unknown, path: readonly string[], at: FieldPath = []): readonly Found[] {
  const [step, ...rest] = path;
  if (step === undefined) return [{ path: at, value: root }];
  if (step === '*') return Array.isArray(root) ? root.flatMap((item: unknown, index) => expand(item, rest, [...at, index])) : [];
  return isRecord(root) && step in root ? expand(root[step], rest, [...at, step]) : [];
}

function storageAt({ path, value }: Found): readonly WorkloadStorage[] {
  if (!isRecord(value)) return [];
  const type = value['type'];
  if (type === 'jbod') return [];
  const source = type === 'ephemeral' ? 'emptyDir' : 'claim';
  return [
    {
      name: path.filter((step) => step !== 'spec').join('.'),
      path,
      source,
      claim: claimOf(value),
      perInstance: true,
      mountPaths: [],
      holdsState: true,
    },
  ];
}

/** CloudNativePG says size and storageClass, or a whole pvcTemplate; Strimzi says class. */
function claimOf(value: Readonly<Record<string, unknown>>): PersistentVolumeClaimSpec {
  if (isRecord(value['pvcTemplate'])) return value['pvcTemplate'] as PersistentVolumeClaimSpec;
  if (isRecord(value['resources'])) return value as PersistentVolumeClaimSpec;
  const className = value['storageClass'] ?? value['class'];
  return {
    accessModes: ['ReadWriteOnce'],
    ...(typeof className === 'string' ? { storageClassName: className } : {}),
    ...(typeof value['size'] === 'string' ? { resources: { requests: { storage: value['size'] } } } : {}),
  };
}

function form(
  group: string,
  kind: string,
  engine: string,
  replicas: CustomForm['replicas'],
  defaultReplicas: number,
  storage: CustomForm['storage'],
): CustomForm {
  return { group, kind, engine, replicas, defaultReplicas, storage };
}
