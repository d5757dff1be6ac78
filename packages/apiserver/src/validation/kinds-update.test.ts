import { describe, expect, test } from 'vitest';
import { POD_SPEC, claim, object, pathOf, service, template, volume, workload, type Values } from './objects.fixture.ts';
import { serverFixture } from './server.fixture.ts';

describe('an update is refused', () => {
  test.each<[string, Values, (created: Values) => Values, string]>([
    [
      'StatefulSet',
      workload(),
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), serviceName: 'other' } }),
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
    [
      'Deployment',
      workload(),
      (o) => ({
        ...o,
        spec: {
          ...(o['spec'] as Values),
          selector: { matchLabels: { app: 'b' } },
          template: { ...template(), metadata: { labels: { app: 'b' } } },
        },
      }),
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"b"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    ],
    [
      'PersistentVolumeClaim',
      claim(),
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), accessModes: ['ReadWriteMany'] } }),
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ],
    [
      'PersistentVolumeClaim',
      claim(),
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), resources: { requests: { storage: '2Gi' } } } }),
      'spec: Forbidden: spec is immutable',
    ],
    [
      'PersistentVolume',
      volume(),
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), local: { path: '/other' } } }),
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ],
    [
      'PersistentVolume',
      volume(),
      (o) => ({
        ...o,
        spec: {
          ...(o['spec'] as Values),
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } },
        },
      }),
      'field is immutable, except for updating from beta label to GA',
    ],
    [
      'StorageClass',
      { provisioner: 'a.io' },
      (o) => ({ ...o, provisioner: 'b.io' }),
      'provisioner: Forbidden: updates to provisioner are forbidden.',
    ],
    [
      'StorageClass',
      { provisioner: 'a.io' },
      (o) => ({ ...o, volumeBindingMode: 'WaitForFirstConsumer' }),
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
    [
      'ConfigMap',
      { immutable: true, data: { a: '1' } },
      (o) => ({ ...o, data: { a: '2' } }),
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
    ['Secret', { type: 'a.io/b' }, (o) => ({ ...o, type: 'c.io/d' }), 'type: Invalid value: "c.io/d": field is immutable'],
    [
      'Service',
      service(),
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), clusterIP: '127.64.128.99', clusterIPs: ['127.64.128.99'] } }),
      'spec.clusterIPs[0]: Invalid value: []string{"127.64.128.99"}: may not change once set',
    ],
    [
      'RoleBinding',
      { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' } },
      (o) => ({ ...o, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'b' } }),
      'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"b"}: cannot change roleRef',
    ],
    ['PriorityClass', { value: 1 }, (o) => ({ ...o, value: 2 }), 'value: Forbidden: may not be changed in an update.'],
    [
      'Job',
      { spec: { template: { spec: { ...POD_SPEC, restartPolicy: 'Never' } } } },
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), completions: 5 } }),
      'spec.completions: Invalid value: 5: field is immutable',
    ],
    [
      'Node',
      { spec: { providerID: 'a' } },
      (o) => ({ ...o, spec: { ...(o['spec'] as Values), providerID: 'b' } }),
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  ])('%s: %#', async (kind, rest, change, message) => {
    const fixture = serverFixture();
    const created = await fixture.call('POST', pathOf(kind), object(kind, rest));
    expect(created.code, created.message).toBe(201);
    const answer = await fixture.call('PUT', `${pathOf(kind)}/x`, change(created.object));
    expect(fixture.bugs).toEqual([]);
    expect({ code: answer.code, message: answer.message }).toEqual({ code: 422, message: expect.stringContaining(message) as unknown });
  });
});

test('a bound claim grows and does not shrink below what it has', async () => {
  const fixture = serverFixture();
  const path = `${pathOf('PersistentVolumeClaim')}/x`;
  await fixture.call('POST', pathOf('PersistentVolumeClaim'), object('PersistentVolumeClaim', claim()));
  await fixture.call(
    'PATCH',
    `${path}/status`,
    { status: { phase: 'Bound', capacity: { storage: '1Gi' } } },
    'application/merge-patch+json',
  );
  const resize = async (storage: string): Promise<string> => {
    const answer = await fixture.call('PATCH', path, { spec: { resources: { requests: { storage } } } }, 'application/merge-patch+json');
    return answer.code === 200 ? 'ok' : answer.message;
  };
  expect(await resize('4Gi')).toBe('ok');
  expect(await resize('2Gi')).toBe('ok');
  expect(await resize('512Mi')).toContain('spec.resources.requests.storage: Forbidden: field can not be less than status.capacity');
});

test('a job gets its selector and labels', async () => {
  const { object: job } = await serverFixture().call(
    'POST',
    pathOf('Job'),
    object('Job', { spec: { template: { spec: { ...POD_SPEC, restartPolicy: 'Never' } } } }),
  );
  const { uid } = job['metadata'] as { uid: string };
  expect(job['spec']).toMatchObject({
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: { metadata: { labels: { 'job-name': 'x', 'controller-uid': uid, 'batch.kubernetes.io/job-name': 'x' } } },
  });
});
