// The command line of a node.
import type { CrdbCluster } from '../api/crdb-cluster.ts';
import { withDefaults } from '../api/defaults.ts';
import { hasLogFlag } from '../api/image.ts';
import { namesOf } from './names.ts';

/** A quarter of the memory limit each, computed by the shell in the container. */
const QUARTER_OF_MEMORY = '$(expr $MEMORY_LIMIT_MIB / 4)MiB';
const DEFAULT_LOG = '{sinks: {stderr: {channels: [OPS, HEALTH], redact: true}}}';
/** So many nodes are named to a node that looks for the others. */
const JOIN_NODES = 3;

/** How the CLI speaks to an insecure cluster. */
export const INSECURE = '--insecure';

/** Runs under a shell, so that sizes can be computed there. `logging`: the logging configuration in YAML's flow form. */
export function startCommand(cluster: CrdbCluster, version: string, logging: string | undefined): readonly string[] {
  const spec = withDefaults(cluster.spec);
  const { discovery } = namesOf(cluster.metadata.name ?? '');
  const domain = `${discovery}.${cluster.metadata.namespace}`;
  const additional = spec.additionalArgs ?? [];
  const peers = Array.from(
    { length: Math.min(JOIN_NODES, spec.nodes) },
    (_, ordinal) => `${discovery}-${ordinal}.${domain}:${spec.grpcPort}`,
  );
  const words = [
    'exec /cockroach/cockroach.sh start',
    `--advertise-host=$(POD_NAME).${domain}`,
    INSECURE,
    `--http-port=${spec.httpPort}`,
    `--sql-addr=:${spec.sqlPort}`,
    `--listen-addr=:${spec.grpcPort}`,
    hasLogFlag(version) ? `--log="${inDoubleQuotes(logging ?? DEFAULT_LOG)}"` : '--logtostderr=INFO',
    `--cache ${spec.cache || QUARTER_OF_MEMORY}`,
    `--max-sql-memory ${spec.maxSQLMemory || QUARTER_OF_MEMORY}`,
    ...additional,
    ...(additional.some((word) => word.includes('--join')) ? [] : [`--join=${peers.join(',')}`]),
  ];
  return ['/bin/bash', '-ecx', words.join(' ')];
}

function inDoubleQuotes(text: string): string {
  return text.replaceAll(/["\\$`]/g, (character) => `\\${character}`);
}
