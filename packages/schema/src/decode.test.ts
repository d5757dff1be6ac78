import { describe, expect, test } from 'vitest';
import { decodeTyped } from './decode.ts';
import { typeDef, typeNames } from './type-table.ts';

const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';
const POD = 'io.k8s.api.core.v1.Pod';

describe('a decoded object', () => {
  test('states what a server states and has its members in the server’s order', () => {
    const { object } = decodeTyped(POD, { spec: { containers: [{ image: 'i', name: 'c' }] }, kind: 'Pod', metadata: { name: 'p' } });
    expect(JSON.stringify(object)).toBe(
      '{"kind":"Pod","metadata":{"name":"p","creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"i","resources":{}}]},"status":{}}',
    );
  });

  test('has no empty optional members, but keeps zeros behind pointers', () => {
    const { object } = decodeTyped(DEPLOYMENT, {
      metadata: { labels: {}, name: '' },
      spec: { replicas: 0, minReadySeconds: 0, paused: false },
    });
    expect(object['metadata']).toEqual({ creationTimestamp: null });
    expect(object['spec']).toMatchObject({ replicas: 0 });
    expect(object['spec']).not.toHaveProperty('minReadySeconds');
  });

  test('has no unknown fields; their paths are reported', () => {
    const { object, unknownFields } = decodeTyped(POD, {
      Kind: 'x',
      spec: { containers: [{ name: 'a' }, { bogus: { deep: 1 } }], bogus: 1 },
    });
    expect(unknownFields).toEqual(['Kind', 'spec.containers[1].bogus', 'spec.bogus']);
    expect(object).not.toHaveProperty('Kind');
  });

  test('reads null as unset', () => {
    const { object } = decodeTyped(POD, { metadata: { labels: { a: null, b: '1' }, annotations: null }, spec: { containers: [null] } });
    expect(object['metadata']).toEqual({ creationTimestamp: null, labels: { a: '', b: '1' } });
    expect(object['spec']).toEqual({ containers: [{ name: '', resources: {} }] });
  });

  test('is its own decoding', () => {
    for (const name of typeNames().filter((n) => !typeDef(n).custom)) {
      const { object } = decodeTyped(name, {});
      expect(decodeTyped(name, object)).toEqual({ object, unknownFields: [] });
    }
  });

  test('keeps keys such as __proto__ as data', () => {
    const { object } = decodeTyped(POD, JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'));
    expect(JSON.stringify(object['metadata'])).toBe('{"creationTimestamp":null,"labels":{"__proto__":"x"}}');
  });
});

describe('of an object that is known', () => {
  const before = decodeTyped(POD, {
    metadata: { name: 'p', labels: { a: '1' } },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], nodeSelector: { disk: 'ssd' } },
  }).object;
  const spec = before['spec'] as { readonly containers: readonly object[]; readonly nodeSelector: object };

  test('parts that are handed over are taken as they are', () => {
    const { object, unknownFields } = decodeTyped(POD, { ...before, status: { phase: 'Running' }, bogus: 1 }, before);
    expect(object['metadata']).toBe(before['metadata']);
    expect(object['spec']).toBe(spec);
    expect(object['status']).toEqual({ phase: 'Running' });
    expect(unknownFields).toEqual(['bogus']);
  });

  test('what says the same in other values is the known object, part by part', () => {
    const copy = JSON.parse(JSON.stringify(before)) as Record<string, unknown>;
    expect(decodeTyped(POD, copy, before).object).toBe(before);
    const changed = { ...copy, spec: { ...spec, containers: [{ name: 'a' }, { name: 'b', image: 'i' }] } };
    const decoded = decodeTyped(POD, JSON.parse(JSON.stringify(changed)), before).object['spec'] as typeof spec;
    expect(decoded.nodeSelector).toBe(spec.nodeSelector);
    expect(decoded.containers[0]).toBe(spec.containers[0]);
    expect(decoded.containers[1]).toEqual({ name: 'b', image: 'i', resources: {} });
  });

  test('what is gone, added or in another order is not', () => {
    for (const labels of [undefined, {}, { a: '1', b: '2' }, { b: '1' }]) {
      const value = { spec, metadata: { labels, name: 'p' } };
      const { object } = decodeTyped(POD, value, before);
      expect(JSON.stringify(object)).toBe(JSON.stringify(decodeTyped(POD, value).object));
    }
    const fewer = { ...before, spec: { ...spec, containers: [{ name: 'a' }] } };
    expect((decodeTyped(POD, fewer, before).object['spec'] as typeof spec).containers).toEqual([spec.containers[0]]);
  });
});

describe('canonical values', () => {
  const meta = (time: unknown): unknown =>
    (decodeTyped(POD, { metadata: { creationTimestamp: time } }).object['metadata'] as { creationTimestamp: unknown }).creationTimestamp;
  test('times', () => {
    expect(meta('2024-01-02T03:04:05Z')).toBe('2024-01-02T03:04:05Z');
    expect(meta('2024-01-02T03:04:05.999+02:00')).toBe('2024-01-02T01:04:05Z');
    expect(meta('0001-01-01T00:00:00Z')).toBe(null);
    const lease = decodeTyped('io.k8s.api.coordination.v1.Lease', { spec: { renewTime: '2024-01-02T03:04:05.1Z' } });
    expect(lease.object['spec']).toEqual({ renewTime: '2024-01-02T03:04:05.100000Z' });
  });
  test('quantities, base64 and raw JSON', () => {
    const pvc = decodeTyped('io.k8s.api.core.v1.PersistentVolumeClaim', { spec: { resources: { requests: { storage: '1024Mi' } } } });
    expect(pvc.object['spec']).toEqual({ resources: { requests: { storage: '1Gi' } } });
    expect(decodeTyped('io.k8s.api.core.v1.Secret', { data: { a: 'aG\nk=' } }).object['data']).toEqual({ a: 'aGk=' });
    expect(decodeTyped('io.k8s.api.apps.v1.ControllerRevision', { data: { x: [null] } }).object).toMatchObject({
      data: { x: [null] },
      revision: 0,
    });
  });
  test('schemas of custom resources', () => {
    const schema = { properties: { a: { items: { type: 'string' } }, b: { additionalProperties: true }, c: { default: { x: null } } } };
    expect(decodeTyped('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', schema).object).toEqual(schema);
  });
});

test.each([
  [{ spec: { replicas: 'x' } }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
  [{ spec: { replicas: 1.5 } }, 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
  [{ spec: { replicas: 3e9 } }, 'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32'],
  [
    { spec: { template: { spec: { containers: [{ env: [{ name: 'a', value: 1 }] }] } } } },
    'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
  ],
  [
    { spec: { template: { spec: { containers: {} } } } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
  ],
  [{ metadata: { labels: { a: 1 } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'],
  [
    { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
    'json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32',
  ],
  [{ metadata: { creationTimestamp: 'x' } }, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  [[], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
])('wrong types are refused in Go’s words %#', (value, words) => {
  expect(() => decodeTyped(DEPLOYMENT, value)).toThrow(
    expect.objectContaining({ code: 400, message: `Deployment in version "v1" cannot be handled as a Deployment: ${words}` }),
  );
});
