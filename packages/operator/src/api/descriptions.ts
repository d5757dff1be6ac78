// What the fields of CrdbCluster are for: shown by `kubectl explain crdbcluster.spec`.
import type { JSONSchemaProps } from '@holdfast/schema';

/** Of the fields of the spec. */
export const SPEC_DESCRIPTIONS: Readonly<Record<string, string>> = {
  additionalAnnotations: 'Annotations that all objects of the cluster get besides their own.',
  additionalArgs: 'Further arguments of `cockroach start`, such as --locality=region=eu.',
  additionalLabels: 'Labels that all objects of the cluster get besides their own.',
  affinity: 'Which nodes the pods prefer or need, and how they keep apart. Default: apart where possible.',
  automountServiceAccountToken: "Whether the database's pods get a token of their service account.",
  cache: 'Size of the cache, such as 30% or 2Gi..',
  clientTLSSecret: "Secret with the root user's certificate. Default: the operator makes one.",
  cockroachDBVersion: 'Version of the database, such as v24.3.2; an alternative to the image.',
  dataStore: 'Where each pod keeps its data. It cannot be changed except for its size.',
  grpcPort: 'Port by which the nodes of the database talk to each other. Default: 26258.',
  httpPort: 'Port of the console and the health checks. Default: 8080.',
  image: 'The image of the database. A new version is rolled out one pod at a time.',
  ingress: 'Ways in for the console and for SQL.',
  logConfigMap: 'Config map with the configuration of logs, under the key logging.yaml.',
  maxSQLMemory: 'Memory for queries, such as 25% or 2Gi.',
  maxUnavailable: 'How many pods may be evicted at a time. Default: 1.',
  minAvailable: 'How many pods must stay when pods are evicted. Not together with maxUnavailable.',
  nodeSelector: 'Labels that a node must have.',
  nodeTLSSecret: "Secret with the nodes' certificate. Default: the operator makes one.",
  nodes: 'How many nodes the database has; at least 3, so that it survives the loss of one.',
  podEnvVariables: 'Environment variables of the database.',
  priorityClassName: 'Class that says how important the pods are.',
  resources: 'CPU and memory of each pod.',
  sqlPort: 'Port of SQL. Default: 26257.',
  terminationGracePeriodSecs: 'Seconds that a pod gets to drain before it is killed. Default: 300.',
  tlsEnabled: 'Whether the database encrypts and checks all connections.',
  tolerations: 'Taints of nodes that do not keep the pods away.',
  topologySpreadConstraints: 'How the pods are spread over zones and nodes.',
};

/** The schema of an object with a description for each of its fields that has one. */
export function described(schema: JSONSchemaProps, descriptions: Readonly<Record<string, string>>): JSONSchemaProps {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const description = Object.hasOwn(descriptions, name) ? descriptions[name] : undefined;
    return [name, description === undefined ? property : { description, ...property }] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
