import { seededRandom } from '@holdfast/clock';
import type { KubeObject } from '@holdfast/schema';
import { applyDefaults, decodeTyped } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { randomObject } from '../../../schema/src/protobuf/encode.suite.ts';
import { loadCel } from '../crd/cel-module.ts';
import { builtInDefinitions } from '../registry/built-in.ts';
import { POD_SPEC, claim, object, pathOf, service, template, volume, workload, type Values } from './objects.fixture.ts';
import { serverFixture } from './server.fixture.ts';

describe('an object is refused', () => {
  test.each<[string, Values, string]>([
    ['StatefulSet', { spec: { template: template() } }, 'spec.selector: Required value'],
    [
      'StatefulSet',
      workload({ template: { metadata: { labels: { app: 'b' } }, spec: POD_SPEC } }),
      'spec.template.metadata.labels: Invalid value: map[string]string{"app":"b"}: `selector` does not match template `labels`',
    ],
    [
      'StatefulSet',
      workload({ selector: {} }),
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: empty selector is invalid for statefulset',
    ],
    ['StatefulSet', workload({ replicas: -1 }), 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'StatefulSet',
      workload({ template: template({ restartPolicy: 'Never' }) }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'StatefulSet',
      workload({ template: template({ activeDeadlineSeconds: 1 }) }),
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
    [
      'StatefulSet',
      workload({ podManagementPolicy: 'X' }),
      "spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'",
    ],
    [
      'StatefulSet',
      workload({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'X', whenScaled: 'Retain' } }),
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "X": supported values: "Retain", "Delete"',
    ],
    [
      'StatefulSet',
      workload({ template: template({ containers: [{ image: 'i' }] }) }),
      'spec.template.spec.containers[0].name: Required value',
    ],
    [
      'Deployment',
      workload({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:""}: may not be 0 when `maxSurge` is 0',
    ],
    [
      'Deployment',
      workload({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      'Deployment',
      workload({ minReadySeconds: 600 }),
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
    [
      'DaemonSet',
      workload({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } }),
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:0, IntVal:1, StrVal:""}: may not be set when maxUnavailable is non-zero',
    ],
    ['ReplicaSet', workload({ replicas: -2 }), 'spec.replicas: Invalid value: -2: must be greater than or equal to 0'],
    [
      'Job',
      { spec: { template: { spec: POD_SPEC } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      'Job',
      { spec: { completionMode: 'Indexed', parallelism: 2, template: { spec: { ...POD_SPEC, restartPolicy: 'Never' } } } },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      'CronJob',
      { spec: { schedule: '61 * * * *', jobTemplate: { spec: { template: { spec: { ...POD_SPEC, restartPolicy: 'Never' } } } } } },
      'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
    ],
    [
      'CronJob',
      { spec: { schedule: '* * *', jobTemplate: { spec: { template: { spec: { ...POD_SPEC, restartPolicy: 'Never' } } } } } },
      'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
    ],
    ['PersistentVolumeClaim', claim({ accessModes: [] }), 'spec.accessModes: Required value: at least 1 access mode is required'],
    ['PersistentVolumeClaim', claim({ resources: {} }), 'spec.resources[storage]: Required value'],
    [
      'PersistentVolumeClaim',
      claim({ resources: { requests: { storage: '0' } } }),
      'spec.resources[storage]: Invalid value: "0": must be greater than zero',
    ],
    [
      'PersistentVolumeClaim',
      claim({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] }),
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    ],
    [
      'PersistentVolumeClaim',
      claim({ dataSource: { kind: 'X', name: 'y' } }),
      'spec.dataSource: Invalid value: "X": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
    ],
    ['PersistentVolume', volume({ local: undefined }), 'spec: Required value: must specify a volume type'],
    ['PersistentVolume', volume({ nodeAffinity: undefined }), 'spec.nodeAffinity: Required value: Local volume requires node affinity'],
    [
      'PersistentVolume',
      volume({ nodeAffinity: {} }),
      'spec.nodeAffinity.required: Required value: must specify required node constraints',
    ],
    [
      'PersistentVolume',
      volume({ hostPath: { path: '/x' }, local: { path: '/d' } }),
      'spec.local: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'PersistentVolume',
      volume({ persistentVolumeReclaimPolicy: 'Keep' }),
      'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
    ],
    ['PersistentVolume', volume({ local: undefined, csi: { driver: 'd.io' } }), 'spec.csi.volumeHandle: Required value'],
    ['StorageClass', {}, 'provisioner: Required value'],
    [
      'StorageClass',
      { provisioner: 'p.io', volumeBindingMode: 'Later' },
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
    [
      'CSIDriver',
      { spec: { fsGroupPolicy: 'X' } },
      'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    ],
    ['CSINode', { spec: { drivers: [{ name: 'd.io', nodeID: '', topologyKeys: null }] } }, 'spec.drivers[0].nodeID: Required value'],
    [
      'VolumeAttachment',
      { spec: { attacher: 'a.io', nodeName: 'n', source: {} } },
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ],
    ['Service', service({ ports: [] }), 'spec.ports: Required value'],
    ['Service', service({ ports: [{ port: 1 }, { port: 2 }] }), '[spec.ports[0].name: Required value, spec.ports[1].name: Required value]'],
    [
      'Service',
      service({ type: 'X' }),
      'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    ['Service', service({ type: 'ExternalName' }), 'spec.externalName: Required value'],
    [
      'Service',
      service({ loadBalancerClass: 'a.io/b' }),
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    ['Service', { ...service(), metadata: { name: '1x' } }, 'DNS-1035'],
    [
      'PodDisruptionBudget',
      { spec: { selector: {}, minAvailable: 1, maxUnavailable: 1 } },
      'minAvailable and maxUnavailable cannot be both set',
    ],
    [
      'PodDisruptionBudget',
      { spec: { selector: {}, minAvailable: '101%' } },
      'spec.minAvailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"101%"}: must not be greater than 100%',
    ],
    [
      'PodDisruptionBudget',
      { spec: { selector: {}, minAvailable: 'half' } },
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ],
    ['Secret', { type: 'kubernetes.io/tls', data: {} }, '[data[tls.crt]: Required value, data[tls.key]: Required value]'],
    [
      'Secret',
      { data: { 'a b': '' } },
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    ],
    ['ConfigMap', { data: { a: '' }, binaryData: { a: '' } }, 'data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    ['ConfigMap', { data: { a: 'x'.repeat(1024 * 1024 + 1) } }, ': Too long: may not be more than 1048576 bytes'],
    [
      'Role',
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
      'rules[0].nonResourceURLs: Invalid value: []string{"/x"}: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'Role',
      { rules: [{ apiGroups: [''], resources: ['pods'] }] },
      'rules[0].verbs: Required value: verbs must contain at least one value',
    ],
    [
      'RoleBinding',
      { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Thing', name: 'r' } },
      'roleRef.kind: Unsupported value: "Thing": supported values: "Role", "ClusterRole"',
    ],
    [
      'ClusterRoleBinding',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
        subjects: [{ kind: 'ServiceAccount', name: 's' }],
      },
      'subjects[0].namespace: Required value',
    ],
    ['Lease', { spec: { leaseDurationSeconds: 0 } }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ['PriorityClass', { value: 2_000_000_000 }, 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ['Endpoints', { subsets: [{ ports: [{ port: 1 }] }] }, 'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    [
      'Endpoints',
      { subsets: [{ addresses: [{ ip: '169.254.1.1' }] }] },
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
    [
      'EndpointSlice',
      { addressType: 'IPv4', endpoints: [{ addresses: [] }] },
      'endpoints[0].addresses: Required value: must contain at least 1 address',
    ],
    [
      'HorizontalPodAutoscaler',
      { spec: { maxReplicas: 0, scaleTargetRef: { kind: 'Deployment', name: 'd' } } },
      'spec.maxReplicas: Invalid value: 0: must be greater than 0',
    ],
    [
      'Node',
      { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
      'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      'ResourceQuota',
      { spec: { hard: { bananas: '1' } } },
      'spec.hard[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
    ],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] } },
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ],
    [
      'NetworkPolicy',
      { spec: { podSelector: {}, ingress: [{ from: [{}] }] } },
      'spec.ingress[0].from[0]: Required value: must specify a peer',
    ],
    ['Ingress', { spec: {} }, 'either `defaultBackend` or `rules` must be specified'],
  ])('%s: %#', async (kind, rest, message) => {
    const fixture = serverFixture();
    const answer = await fixture.call('POST', pathOf(kind), object(kind, rest));
    expect(fixture.bugs).toEqual([]);
    expect({ code: answer.code, message: answer.message }).toEqual({ code: 422, message: expect.stringContaining(message) as unknown });
  });
});

test('no object, however odd, makes a validator fail', async () => {
  // As a request does before it validates kinds that hold expressions.
  await loadCel();
  const random = seededRandom(11);
  for (const definition of builtInDefinitions()) {
    const { typeName, strategy, kind, group, version } = definition;
    if (!typeName) continue;
    for (let i = 0; i < 40; i++) {
      const make = (): KubeObject => {
        const value = { ...(randomObject(typeName, random) as Values), kind, apiVersion: group ? `${group}/${version}` : version };
        const typed = applyDefaults(typeName, decodeTyped(typeName, value).object) as Values;
        return { ...typed, metadata: { name: 'x', ...(typed['metadata'] as Values | undefined) } } as unknown as KubeObject;
      };
      const [next, old] = [make(), make()];
      expect(() => {
        strategy.validate(next);
        strategy.validateCreate?.(next);
        strategy.validateUpdate(next, old);
        strategy.validateStatus?.(next, old);
        strategy.warnings?.(next);
      }, kind).not.toThrow();
    }
  }
});
