// Reads what a decision needs: from the server itself, so that no decision is made on an old picture.
import type { Client } from '@holdfast/client';
import {
  CONFIGMAPS,
  ignoreNotFound,
  type KubeObject,
  labelSet,
  type Node,
  NODES,
  PODDISRUPTIONBUDGETS,
  PODS,
  type ResourceType,
  ROLEBINDINGS,
  ROLES,
  SERVICEACCOUNTS,
  SERVICES,
  STATEFULSETS,
} from '@holdfast/schema';
import { parse, stringify } from 'yaml';
import { CRDB_CLUSTERS, type CrdbCluster } from '../api/crdb-cluster.ts';
import { namesOf, selectorLabels } from '../build/names.ts';
import { CONTAINER } from '../build/stateful-set.ts';
import type { ClusterObjects, Observed, OperatorSettings } from './observed.ts';

/** The key of spec.logConfigMap's ConfigMap. */
const LOGGING_KEY = 'logging.yaml';

/** Undefined when there is no such cluster. */
export async function observe(
  client: Client,
  settings: OperatorSettings,
  key: { readonly namespace?: string | undefined; readonly name: string },
  signal: AbortSignal,
): Promise<Observed | undefined> {
  const cluster = await client.get(CRDB_CLUSTERS, key, { signal }).catch(ignoreNotFound);
  if (!cluster) return undefined;
  const labelSelector = labelSet(selectorLabels(cluster)).toString();
  const [objects, pods, logging] = await Promise.all([
    objectsOf(client, cluster, signal),
    client.list(PODS, { namespace: key.namespace, labelSelector, signal }),
    loggingOf(client, cluster, signal),
  ]);
  return { cluster, objects, pods: pods.items, logging, settings, channel: await channelOf(client, objects, signal) };
}

async function objectsOf(client: Client, { metadata }: CrdbCluster, signal: AbortSignal): Promise<ClusterObjects> {
  const names = namesOf(metadata.name ?? '');
  const read = <T extends KubeObject>(type: ResourceType<T>, name: string): Promise<T | undefined> =>
    client.get(type, { namespace: metadata.namespace, name }, { signal }).catch(ignoreNotFound);
  const [serviceAccount, role, roleBinding, discovery, publicService, statefulSet, budget] = await Promise.all([
    read(SERVICEACCOUNTS, names.serviceAccount),
    read(ROLES, names.role),
    read(ROLEBINDINGS, names.roleBinding),
    read(SERVICES, names.discovery),
    read(SERVICES, names.public),
    read(STATEFULSETS, names.statefulSet),
    read(PODDISRUPTIONBUDGETS, names.budget),
  ]);
  return { serviceAccount, role, roleBinding, discovery, public: publicService, statefulSet, budget };
}

async function loggingOf(client: Client, { metadata, spec }: CrdbCluster, signal: AbortSignal): Promise<Observed['logging']> {
  const name = spec.logConfigMap;
  if (!name) return {};
  const refuse = (message: string): Observed['logging'] => ({
    problem: { action: 'VersionCheckerAction', reason: 'LoggingConfigInvalid', message },
  });
  const map = await client.get(CONFIGMAPS, { namespace: metadata.namespace, name }, { signal }).catch(ignoreNotFound);
  const text = map?.data?.[LOGGING_KEY];
  if (text === undefined) {
    return refuse(
      `the ConfigMap ${name}${map ? ` has no key ${LOGGING_KEY}` : ' does not exist'}: put the logging configuration under the key ${LOGGING_KEY}, or remove spec.logConfigMap`,
    );
  }
  try {
    // Read and written anew, so that it is one line and surely YAML.
    return { text: stringify(parse(text), { collectionStyle: 'flow', lineWidth: 0 }).trim() };
  } catch (error) {
    return refuse(
      `${LOGGING_KEY} of the ConfigMap ${name} is no YAML (${error instanceof Error ? error.message : String(error)}): correct it`,
    );
  }
}

/** Kept as it is once the set exists: a change would restart every node for nothing. */
async function channelOf(client: Client, { statefulSet }: ClusterObjects, signal: AbortSignal): Promise<string> {
  const container = statefulSet?.spec?.template.spec?.containers.find(({ name }) => name === CONTAINER);
  const known = container?.env?.find(({ name }) => name === 'COCKROACH_CHANNEL')?.value;
  if (known !== undefined) return known;
  const nodes = await client.list(NODES, { limit: 1, signal });
  return `kubernetes-operator-${providerOf(nodes.items[0])}`;
}

/** Which service runs the nodes, by the marks it leaves on them. */
function providerOf(node: Node | undefined): string {
  const version = node?.status?.nodeInfo?.kubeletVersion ?? '';
  if (version.includes('gke')) return 'gke';
  if (version.includes('eks')) return 'eks';
  const keys = [...Object.keys(node?.metadata.annotations ?? {}), ...Object.keys(node?.metadata.labels ?? {})];
  if (keys.some((key) => key.includes('openshift.io/'))) return 'openshift';
  if (keys.some((key) => key.startsWith('kubernetes.azure.com/'))) return 'aks';
  return 'unknown';
}
