import { readFileSync } from 'node:fs';
import { compileStructural, fieldErrorMessage, parseYaml } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { clusterOf } from '../cluster/testing.ts';
import { crdbClusterDefinition } from './definition.ts';

const definition = crdbClusterDefinition();
const compiled = compileStructural(definition.spec?.versions[0]?.schema?.openAPIV3Schema ?? {});
if (!('schema' in compiled)) throw new Error(`not structural: ${JSON.stringify(compiled)}`);
const { schema } = compiled;

describe('the definition', () => {
  test('is registered as upstream registers it', () => {
    expect(definition).toMatchObject({
      metadata: { name: 'crdbclusters.crdb.cockroachlabs.com' },
      spec: {
        group: 'crdb.cockroachlabs.com',
        scope: 'Namespaced',
        names: {
          kind: 'CrdbCluster',
          listKind: 'CrdbClusterList',
          plural: 'crdbclusters',
          singular: 'crdbcluster',
          shortNames: ['crdb'],
          categories: ['all', 'cockroachdb'],
        },
        versions: [{ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } }],
      },
    });
  });

  test('accepts the exercise as it is', () => {
    const text = readFileSync(new URL('../../../lab/exercises/cockroachdb/cockroachdb-cluster.yaml', import.meta.url), 'utf8');
    const { value } = parseYaml(text);
    expect(schema.prune(value)).toEqual({ value, unknownFields: [] });
    expect(schema.validate(value)).toEqual([]);
  });

  test('every field of the spec says what it is for', () => {
    const properties = definition.spec?.versions[0]?.schema?.openAPIV3Schema?.properties?.['spec']?.properties ?? {};
    const silent = Object.entries(properties).flatMap(([name, { description }]) => (description === undefined ? [name] : []));
    expect([Object.keys(properties).length > 20, silent]).toEqual([true, []]);
  });

  test('every field of the spec is known', () => {
    const everything = clusterOf({
      grpcPort: 1,
      cockroachDBVersion: 'v24.3.2',
      nodeTLSSecret: 'a',
      clientTLSSecret: 'b',
      maxUnavailable: 1,
      minAvailable: 2,
      cache: '25%',
      maxSQLMemory: '25%',
      additionalArgs: ['--x'],
      resources: { limits: { cpu: 2, memory: '1Gi' } as never },
      priorityClassName: 'high',
      podEnvVariables: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } } }],
        },
      },
      tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }],
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      nodeSelector: { disk: 'nvme' },
      additionalLabels: { a: 'b' },
      additionalAnnotations: { a: 'b' },
      ingress: { ui: { host: 'h', ingressClassName: 'nginx', annotations: { a: 'b' }, tls: [{ hosts: ['h'], secretName: 's' }] } },
      logConfigMap: 'logs',
      automountServiceAccountToken: true,
      terminationGracePeriodSecs: 60,
    });
    expect(schema.prune(everything).unknownFields).toEqual([]);
    expect(schema.validate(everything)).toEqual([]);
  });

  test('zones of old samples are pruned', () => {
    const cluster = clusterOf();
    const { value, unknownFields } = schema.prune({ ...cluster, spec: { ...cluster.spec, topology: { zones: [] } } });
    expect([value, unknownFields]).toEqual([cluster, ['spec.topology']]);
  });

  test('two nodes are too few', () => {
    expect(schema.validate(clusterOf({ nodes: 2 })).map((error) => fieldErrorMessage(error))).toEqual([
      'spec.nodes: Invalid value: 2: spec.nodes in body should be greater than or equal to 3',
    ]);
  });
});
