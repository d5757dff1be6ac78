// What a ResourceQuota allows, as its status says it: charged on creation, refused in upstream's words.
import { describe, expect, test } from 'vitest';
import { configMap, type Json, MERGE, NAMESPACED, pod, type Wire, wire } from '../../conformance/wire.fixture.ts';

const QUOTAS = `${NAMESPACED}/resourcequotas`;
const PODS = `${NAMESPACED}/pods`;

/** A quota whose status somebody has written: nothing is used. */
async function limited(hard: Json, spec: Json = {}, used?: Json): Promise<Wire> {
  const server = wire();
  await server.ok('POST', QUOTAS, { metadata: { name: 'q' }, spec: { hard, ...spec } });
  const none = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  await server.ok('PATCH', `${QUOTAS}/q/status`, { status: { hard, used: used ?? none } }, MERGE);
  return server;
}
const usedOf = async (server: Wire): Promise<Json> => (await server.ok('GET', `${QUOTAS}/q`))['status'].used as Json;
const asking = (name: string, requests: Json, limits: Json = requests): Json =>
  pod(name, { containers: [{ name: 'c', image: 'i', resources: { requests, limits } }] });

describe('a quota', () => {
  test('refuses what would exceed it, with what is asked for, used and allowed', async () => {
    const server = await limited({ pods: '2', 'requests.cpu': '1' });
    await server.ok('POST', PODS, asking('a', { cpu: '600m' }));
    expect(await usedOf(server)).toEqual({ pods: '1', 'requests.cpu': '600m' });
    const { status, object } = await server.ask('POST', PODS, asking('b', { cpu: '500m' }));
    expect([status, object['reason'], object['message']]).toEqual([
      403,
      'Forbidden',
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    ]);
    await server.ok('POST', PODS, asking('c', { cpu: '400m' }));
    expect(await server.refusal('POST', PODS, asking('d', { cpu: '1m' }))).toBe(
      '403 pods "d" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=1m, used: pods=2,requests.cpu=1, limited: pods=2,requests.cpu=1',
    );
    expect(await usedOf(server)).toEqual({ pods: '2', 'requests.cpu': '1' });
  });

  test('of cpu and memory wants every container to state them', async () => {
    const server = await limited({ 'limits.cpu': '1', 'requests.memory': '1Gi' });
    const containers = [
      { name: 'x', image: 'i', resources: { limits: { cpu: '1' } } },
      { name: 'y', image: 'i' },
    ];
    expect(await server.refusal('POST', PODS, pod('a', { containers }))).toBe(
      '403 pods "a" is forbidden: failed quota: q: must specify limits.cpu for: y; requests.memory for: x,y',
    );
  });

  test('that nobody has counted yet allows all; one that is not counted for a name, nothing', async () => {
    const server = wire();
    await server.ok('POST', QUOTAS, { metadata: { name: 'q' }, spec: { hard: { pods: '0' } } });
    await server.ok('POST', PODS, pod('a'));
    await server.ok('PATCH', `${QUOTAS}/q/status`, { status: { hard: { pods: '5' } } }, MERGE);
    expect(await server.refusal('POST', PODS, pod('b'))).toBe('403 pods "b" is forbidden: status unknown for quota: q, resources: pods');
  });

  test('is not charged for a trial, and holds for it', async () => {
    const server = await limited({ configmaps: '1' });
    const maps = `${NAMESPACED}/configmaps`;
    await server.ok('POST', `${maps}?dryRun=All`, configMap('a'));
    expect(await usedOf(server)).toEqual({ configmaps: '0' });
    await server.ok('POST', maps, configMap('a'));
    expect(await server.refusal('POST', `${maps}?dryRun=All`, configMap('b'))).toBe(
      '403 configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    );
    await server.ok('POST', '/api/v1/namespaces/kube-system/configmaps', configMap('b'));
  });

  test('is not charged for what is there already', async () => {
    const server = await limited({ configmaps: '2' });
    const maps = `${NAMESPACED}/configmaps`;
    await server.ok('POST', maps, configMap('a'));
    for (let i = 0; i < 3; i++) expect(await server.refusal('POST', maps, configMap('a'))).toBe('409 configmaps "a" already exists');
    expect(await usedOf(server)).toEqual({ configmaps: '1' });
  });

  test('is never exceeded by writes at once', async () => {
    const server = await limited({ 'count/configmaps': '5' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => server.ask('POST', `${NAMESPACED}/configmaps`, configMap(`m${i}`))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(await usedOf(server)).toEqual({ 'count/configmaps': '5' });
  });

  test('counts ports and balancers of services, when their type changes too', async () => {
    const server = await limited({ services: '5', 'services.nodeports': '2', 'services.loadbalancers': '0' });
    const services = `${NAMESPACED}/services`;
    const service = (name: string, type: string): Json => ({ metadata: { name }, spec: { type, ports: [{ port: 80 }] } });
    await server.ok('POST', services, service('a', 'ClusterIP'));
    await server.ok('PATCH', `${services}/a`, { spec: { type: 'NodePort' } }, MERGE);
    expect(await usedOf(server)).toEqual({ services: '1', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    expect(await server.refusal('POST', services, service('b', 'LoadBalancer'))).toBe(
      '403 services "b" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0',
    );
  });

  test('counts claims and their storage, by class too', async () => {
    const gold = 'gold.storageclass.storage.k8s.io/requests.storage';
    const server = await limited({ persistentvolumeclaims: '2', 'requests.storage': '10Gi', [gold]: '3Gi' });
    const claim = (name: string, storage: string, storageClassName?: string): Json => ({
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...(storageClassName ? { storageClassName } : {}) },
    });
    const claims = `${NAMESPACED}/persistentvolumeclaims`;
    await server.ok('POST', claims, claim('a', '2Gi', 'gold'));
    expect(await usedOf(server)).toEqual({ persistentvolumeclaims: '1', 'requests.storage': '2Gi', [gold]: '2Gi' });
    expect(await server.refusal('POST', claims, claim('b', '2Gi', 'gold'))).toBe(
      `403 persistentvolumeclaims "b" is forbidden: exceeded quota: q, requested: ${gold}=2Gi, used: ${gold}=2Gi, limited: ${gold}=3Gi`,
    );
    await server.ok('POST', claims, claim('b', '8Gi'));
  });

  test('counts only what is in its scopes', async () => {
    const server = await limited({ pods: '0' }, { scopes: ['BestEffort'] });
    await server.ok('POST', PODS, asking('a', { cpu: '1' }));
    expect(await server.refusal('POST', PODS, pod('b'))).toMatch(/^403 pods "b" is forbidden: exceeded quota: q, requested: pods=1/);
    const selector = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] };
    const critical = await limited({ pods: '0' }, { scopeSelector: selector });
    await critical.ok('POST', PODS, pod('a'));
    expect(await critical.refusal('POST', PODS, pod('b', { priorityClassName: 'system-node-critical' }))).toMatch(/exceeded quota: q/);
  });
});
