// A namespace's LimitRange gives pods what they do not state, and holds pods and claims to its bounds.
import { describe, expect, test } from 'vitest';
import { type Json, NAMESPACED, pod, type Wire, wire } from '../conformance/wire.fixture.ts';

const PODS = `${NAMESPACED}/pods`;
const CLAIMS = `${NAMESPACED}/persistentvolumeclaims`;

async function limited(...limits: Json[]): Promise<Wire> {
  const server = wire();
  await server.ok('POST', `${NAMESPACED}/limitranges`, { metadata: { name: 'bounds' }, spec: { limits } });
  return server;
}
const using = (resources: Json, name = 'c'): Json => ({ name, image: 'i', resources });
const refusal = (server: Wire, ...containers: Json[]): Promise<string> => server.refusal('POST', PODS, pod('p', { containers }));

describe('a limit range of containers', () => {
  const bounds = { type: 'Container', default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: '100m' } };

  test('gives defaults to what is not stated, and says so', async () => {
    const { ok } = await limited(bounds);
    const made = await ok(
      'POST',
      PODS,
      pod('p', { containers: [using({}), using({ limits: { cpu: '2' } }, 'd')], initContainers: [using({}, 'i')] }),
    );
    expect(made['spec'].containers.map((container: Json) => container['resources'])).toEqual([
      { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } },
      { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2', memory: '1Gi' } },
    ]);
    expect(made['metadata'].annotations['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; memory request for container d; memory limit for container d; cpu, memory request for init container i; cpu, memory limit for init container i',
    );
    expect(made['status'].qosClass).toBe('Burstable');
  });

  test('defaults itself: limits from the maximum, requests from those', async () => {
    const { ok } = await limited({ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' } });
    expect((await ok('GET', `${NAMESPACED}/limitranges/bounds`))['spec'].limits[0]).toMatchObject({
      default: { cpu: '2' },
      defaultRequest: { cpu: '2' },
    });
  });

  test('refuses what is above the maximum, below the minimum, or too far apart', async () => {
    const server = await limited({ type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } });
    const cases: [Json, string][] = [
      [{ limits: { cpu: '3' }, requests: { cpu: '2' } }, 'maximum cpu usage per Container is 1, but limit is 3'],
      [{ limits: { cpu: '80m' }, requests: { cpu: '50m' } }, 'minimum cpu usage per Container is 100m, but request is 50m'],
      [
        { limits: { cpu: '900m' }, requests: { cpu: '200m' } },
        'cpu max limit to request ratio per Container is 2, but provided ratio is 4.500000',
      ],
    ];
    for (const [resources, message] of cases) expect(await refusal(server, using(resources))).toBe(`403 pods "p" is forbidden: ${message}`);
  });

  test('tells all that is wrong at once', async () => {
    const server = await limited({
      type: 'Container',
      min: { cpu: '100m', memory: '1Mi' },
      default: { cpu: '1', memory: '1Gi' },
      max: { cpu: '1', memory: '1Gi' },
    });
    expect(await refusal(server, using({ requests: { cpu: '10m' }, limits: { cpu: '10m', memory: '2Gi' } }))).toBe(
      '403 pods "p" is forbidden: [minimum cpu usage per Container is 100m, but request is 10m, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    );
  });
});

test('a limit range of pods counts all containers, and what initialization takes', async () => {
  const server = await limited({ type: 'Pod', max: { memory: '1Gi' } });
  const half = using({ limits: { memory: '600Mi' } });
  expect(await refusal(server, half, { ...half, name: 'd' })).toBe(
    '403 pods "p" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 1200Mi',
  );
  expect(await refusal(server, using({}))).toBe('403 pods "p" is forbidden: maximum memory usage per Pod is 1Gi.  No limit is specified');
  await server.ok('POST', PODS, pod('q', { containers: [half], initContainers: [{ ...half, name: 'i' }] }));
});

test('a limit range of claims bounds what they ask for, when they grow too', async () => {
  const server = await limited({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } });
  const claim = (storage: string): Json => ({
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });
  expect(await server.refusal('POST', CLAIMS, claim('10Gi'))).toBe(
    '403 persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi',
  );
  expect(await server.refusal('POST', CLAIMS, claim('10Mi'))).toBe(
    '403 persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 10Mi',
  );
  await server.ok('POST', CLAIMS, claim('2Gi'));
});

test('namespaces without one are free', async () => {
  const { ok } = await limited({ type: 'Pod', max: { cpu: '1m' } });
  expect((await ok('POST', '/api/v1/namespaces/kube-system/pods', pod('p')))['metadata'].name).toBe('p');
});
