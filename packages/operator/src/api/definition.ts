// The CustomResourceDefinition of CrdbCluster: every field of v1alpha1, no defaults, no columns, as upstream has it.
import type { CustomResourceDefinition, JSONSchemaProps } from '@holdfast/schema';
import { CRDB_CLUSTERS } from './crdb-cluster.ts';
import { described, SPEC_DESCRIPTIONS } from './descriptions.ts';
import { listOfType, schemaOfType } from './schema-of-type.ts';

const CORE = 'io.k8s.api.core.v1';

const text: JSONSchemaProps = { type: 'string' };
const flag: JSONSchemaProps = { type: 'boolean' };
const int32: JSONSchemaProps = { type: 'integer', format: 'int32' };
const textMap: JSONSchemaProps = { type: 'object', additionalProperties: text };

/** The definition, ready to be applied. */
export function crdbClusterDefinition(): CustomResourceDefinition {
  const { group, version, resource, kind } = CRDB_CLUSTERS;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural: resource,
        singular: 'crdbcluster',
        shortNames: ['crdb'],
        categories: ['all', 'cockroachdb'],
      },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: rootSchema() }, subresources: { status: {} } }],
    },
  };
}

function rootSchema(): JSONSchemaProps {
  return {
    type: 'object',
    description: 'CrdbCluster is a CockroachDB cluster.',
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { type: 'object' },
      spec: described(specSchema(), SPEC_DESCRIPTIONS),
      status: statusSchema(),
    },
  };
}

function specSchema(): JSONSchemaProps {
  return {
    type: 'object',
    description: 'What is wanted of the cluster.',
    required: ['dataStore', 'nodes'],
    properties: {
      additionalAnnotations: textMap,
      additionalArgs: { type: 'array', items: text },
      additionalLabels: textMap,
      affinity: schemaOfType(`${CORE}.Affinity`),
      automountServiceAccountToken: flag,
      cache: text,
      clientTLSSecret: text,
      cockroachDBVersion: text,
      dataStore: {
        type: 'object',
        properties: {
          hostPath: schemaOfType(`${CORE}.HostPathVolumeSource`),
          pvc: {
            type: 'object',
            properties: {
              source: schemaOfType(`${CORE}.PersistentVolumeClaimVolumeSource`),
              spec: schemaOfType(`${CORE}.PersistentVolumeClaimSpec`),
            },
          },
          supportsAutoResize: flag,
        },
      },
      grpcPort: int32,
      httpPort: int32,
      image: { type: 'object', required: ['name'], properties: { name: text, pullPolicy: text, pullSecret: text } },
      ingress: { type: 'object', properties: { sql: ingressSchema(), ui: ingressSchema() } },
      logConfigMap: text,
      maxSQLMemory: text,
      maxUnavailable: int32,
      minAvailable: int32,
      nodeSelector: textMap,
      nodeTLSSecret: text,
      nodes: { ...int32, minimum: 3 },
      podEnvVariables: listOfType(`${CORE}.EnvVar`),
      priorityClassName: text,
      resources: schemaOfType(`${CORE}.ResourceRequirements`),
      sqlPort: int32,
      terminationGracePeriodSecs: { type: 'integer', format: 'int64' },
      tlsEnabled: flag,
      tolerations: listOfType(`${CORE}.Toleration`),
      topologySpreadConstraints: listOfType(`${CORE}.TopologySpreadConstraint`),
    },
  };
}

function ingressSchema(): JSONSchemaProps {
  return {
    type: 'object',
    required: ['host'],
    properties: { annotations: textMap, host: text, ingressClassName: text, tls: listOfType('io.k8s.api.networking.v1.IngressTLS') },
  };
}

function statusSchema(): JSONSchemaProps {
  const time: JSONSchemaProps = { type: 'string', format: 'date-time' };
  return {
    type: 'object',
    properties: {
      clusterStatus: text,
      conditions: {
        type: 'array',
        items: {
          type: 'object',
          required: ['lastTransitionTime', 'status', 'type'],
          // Upstream's have no reason and no message; the operator says there what is awaited.
          properties: { type: text, status: text, reason: text, message: text, lastTransitionTime: time },
        },
        'x-kubernetes-list-map-keys': ['type'],
        'x-kubernetes-list-type': 'map',
      },
      crdbcontainerimage: text,
      operatorActions: {
        type: 'array',
        items: {
          type: 'object',
          required: ['lastTransitionTime', 'status', 'type'],
          properties: { type: text, status: text, message: text, lastTransitionTime: time },
        },
      },
      sqlHost: text,
      version: text,
    },
  };
}
