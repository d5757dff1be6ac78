// Everything that `holdfast install operator` brings onto a cluster, in the order in which it must arrive.
import type { Deployment, KubeObject, Namespace } from '@holdfast/schema';
import { crdbClusterDefinition } from '../api/definition.ts';
import {
  OPERATOR_NAMESPACE,
  OPERATOR_SERVICE_ACCOUNT,
  operatorClusterRole,
  operatorClusterRoleBinding,
  operatorServiceAccount,
} from './access.ts';

/** Options of operatorManifests. */
export interface InstallOptions {
  /** Image of the operator with its tag. */
  readonly image: string;
  /** Namespaces to look after (default: all). */
  readonly watchNamespaces?: readonly string[];
}

const LABELS = { app: 'cockroach-operator' };
const HEALTH_PORT = 8081;
const METRICS_PORT = 8080;

/** Definition, namespace, identity, permissions and the Deployment `cockroach-operator-manager`. */
export function operatorManifests({ image, watchNamespaces = [] }: InstallOptions): KubeObject[] {
  return [
    crdbClusterDefinition(),
    operatorNamespace(),
    operatorServiceAccount(),
    operatorClusterRole(),
    operatorClusterRoleBinding(),
    operatorDeployment(image, watchNamespaces),
  ];
}

function operatorNamespace(): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE, labels: { 'control-plane': 'cockroach-operator' } } };
}

function operatorDeployment(image: string, watchNamespaces: readonly string[]): Deployment {
  const probe = (path: string): object => ({ httpGet: { path, port: 'health' }, periodSeconds: 5 });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cockroach-operator-manager', namespace: OPERATOR_NAMESPACE, labels: LABELS },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: OPERATOR_SERVICE_ACCOUNT,
          containers: [
            {
              name: 'cockroach-operator',
              image,
              imagePullPolicy: 'IfNotPresent',
              args: [`--metrics-addr=:${METRICS_PORT}`, '--skip-webhook-config=true'],
              env: [
                { name: 'WATCH_NAMESPACE', value: watchNamespaces.join(',') },
                { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
                { name: 'OPERATOR_NAME', value: 'cockroachdb' },
              ],
              ports: [
                { name: 'metrics', containerPort: METRICS_PORT },
                { name: 'health', containerPort: HEALTH_PORT },
              ],
              readinessProbe: { ...probe('/readyz'), periodSeconds: 2 },
              livenessProbe: { ...probe('/healthz'), initialDelaySeconds: 15, periodSeconds: 20 },
              resources: { requests: { cpu: '10m', memory: '32Mi' } },
            },
          ],
        },
      },
    },
  };
}
