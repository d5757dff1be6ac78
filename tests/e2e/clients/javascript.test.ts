// The Kubernetes project's own JavaScript client against a lab, over TLS: discovery, informers, patches, leases, exec.
import { PassThrough, Readable } from 'node:stream';
import {
  type ApiType,
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  type Informer,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  type ObjectCache,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
  type V1ConfigMap,
  type V1Lease,
  type V1Status,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, shellBundle, startLab, type TestLab } from '../harness.ts';
import { relayTo, SHELL } from './relay.ts';

const NAMESPACE = { namespace: 'default' };

let lab: TestLab;
let config: KubeConfig;
beforeAll(async () => {
  const home = makeHome();
  lab = await startLab('javascript', { home, bundle: shellBundle(home.path) });
  config = configOf(lab.kubeconfig);
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose](), 30_000);

function configOf(file: string): KubeConfig {
  const made = new KubeConfig();
  made.loadFromFile(file);
  return made;
}

const api = <T extends ApiType>(kind: new (...args: never[]) => T): T => config.makeApiClient(kind as never);
const codeOf = async (answer: Promise<unknown>): Promise<number> =>
  answer.then(
    () => 200,
    (error: unknown) => (error as { readonly code: number }).code,
  );

describe('@kubernetes/client-node', { timeout: 60_000 }, () => {
  it('finds kinds by discovery, and creates, reads and deletes what it was not made for', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'foos.ex.io' },
      spec: {
        group: 'ex.io',
        scope: 'Namespaced',
        names: { plural: 'foos', kind: 'Foo' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
            },
          },
        ],
      },
    };
    await objects.create(definition);
    // The generic client reads nothing but metadata of kinds that it does not know; the one for custom objects reads it all.
    const custom = api(CustomObjectsApi);
    const place = { group: 'ex.io', version: 'v1', namespace: 'default', plural: 'foos' };
    const foo = { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'f', namespace: 'default' }, spec: { size: 3 } };
    expect(await custom.createNamespacedCustomObject({ ...place, body: foo })).toMatchObject({
      spec: { size: 3 },
      metadata: { generation: 1 },
    });
    expect(await objects.read(foo)).toMatchObject({ kind: 'Foo', metadata: { name: 'f', generation: 1 } });
    expect(await custom.listNamespacedCustomObject(place)).toMatchObject({ kind: 'FooList', items: [{ spec: { size: 3 } }] });
    await objects.delete(foo);
    expect(await codeOf(objects.read(foo))).toBe(404);
  });

  it('keeps an informer’s cache, also when its connection breaks off', async () => {
    await using relay = await relayTo(lab);
    const relayed = configOf(relay.kubeconfig);
    const maps = relayed.makeApiClient(CoreV1Api);
    const informer: Informer<V1ConfigMap> & ObjectCache<V1ConfigMap> = makeInformer(
      relayed,
      '/api/v1/namespaces/default/configmaps',
      () => maps.listNamespacedConfigMap({ ...NAMESPACE, labelSelector: 'watched=yes' }),
      'watched=yes',
    );
    const seen: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, (map) => seen.push(`${verb} ${map.metadata?.name}`));
    let broken = 0;
    informer.on('error', () => {
      broken += 1;
      // As the client's documentation has it: whoever uses an informer starts it again.
      void informer.start();
    });
    const direct = api(CoreV1Api);
    const labels = { watched: 'yes' };
    const create = (name: string): Promise<V1ConfigMap> =>
      direct.createNamespacedConfigMap({ ...NAMESPACE, body: { metadata: { name, labels } } });
    await create('before');
    await informer.start();
    await create('one');
    await direct.createNamespacedConfigMap({ ...NAMESPACE, body: { metadata: { name: 'unseen' } } });
    await expect.poll(() => seen).toEqual(['add before', 'add one']);
    relay.cut();
    await create('two');
    await direct.deleteNamespacedConfigMap({ ...NAMESPACE, name: 'one' });
    const cached = (): ReadonlySet<string | undefined> => new Set(informer.list('default').map((map) => map.metadata?.name));
    await expect.poll(cached, { timeout: 20_000 }).toEqual(new Set(['before', 'two']));
    expect(seen).toContain('delete one');
    expect(broken).toBeGreaterThan(0);
    await direct.patchNamespacedConfigMap(
      { ...NAMESPACE, name: 'two', body: { data: { a: '1' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await expect.poll(() => informer.get('two', 'default')?.data, { timeout: 20_000 }).toEqual({ a: '1' });
    await informer.stop();
  });

  it('patches in four ways', async () => {
    const apps = api(AppsV1Api);
    const labels = { app: 'web' };
    const spec = {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'a:1' }] } },
    };
    await apps.createNamespacedDeployment({ ...NAMESPACE, body: { metadata: { name: 'web' }, spec: { ...spec, replicas: 0 } } });
    const patch = async (strategy: PatchStrategy, body: unknown, more: object = {}): Promise<unknown> => {
      const patched = await apps.patchNamespacedDeployment(
        { ...NAMESPACE, name: 'web', body, ...more },
        setHeaderOptions('Content-Type', strategy),
      );
      return patched.spec;
    };
    expect(await patch(PatchStrategy.JsonPatch, [{ op: 'replace', path: '/spec/revisionHistoryLimit', value: 3 }])).toMatchObject({
      revisionHistoryLimit: 3,
    });
    expect(await patch(PatchStrategy.MergePatch, { spec: { minReadySeconds: 4 } })).toMatchObject({
      revisionHistoryLimit: 3,
      minReadySeconds: 4,
    });
    const sidecar = { spec: { template: { spec: { containers: [{ name: 'd', image: 'b:1' }] } } } };
    expect(await patch(PatchStrategy.StrategicMergePatch, sidecar)).toMatchObject({
      template: { spec: { containers: [{ name: 'd' }, { name: 'c' }] } },
    });
    const applied = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { ...spec, minReadySeconds: 5 } };
    expect(await codeOf(patch(PatchStrategy.ServerSideApply, applied, { fieldManager: 'js' }))).toBe(409);
    expect(await patch(PatchStrategy.ServerSideApply, applied, { fieldManager: 'js', force: true })).toMatchObject({ minReadySeconds: 5 });
  });

  it('elects a leader by a lease: one creates it, the other takes it over when it has run out', async () => {
    const leases = api(CoordinationV1Api);
    const name = 'election';
    const held = (holderIdentity: string, resourceVersion = ''): V1Lease => ({
      metadata: { name, ...(resourceVersion ? { resourceVersion } : {}) },
      spec: { holderIdentity, leaseDurationSeconds: 1, renewTime: new V1MicroTime() },
    });
    const tries = await Promise.all(['a', 'b'].map((who) => codeOf(leases.createNamespacedLease({ ...NAMESPACE, body: held(who) }))));
    expect(tries).toEqual(expect.arrayContaining([200, 409]));
    const first = await leases.readNamespacedLease({ ...NAMESPACE, name });
    expect(first.spec?.holderIdentity).toMatch(/^[ab]$/);
    const replace = (lease: V1Lease, who: string): Promise<number> =>
      codeOf(leases.replaceNamespacedLease({ ...NAMESPACE, name, body: held(who, lease.metadata?.resourceVersion) }));
    // Both think that it has run out: one of them wins.
    expect(await Promise.all([replace(first, 'c'), replace(first, 'd')])).toEqual(expect.arrayContaining([200, 409]));
    expect(['c', 'd']).toContain((await leases.readNamespacedLease({ ...NAMESPACE, name })).spec?.holderIdentity);
  });

  it('runs commands in a container, with input, both outputs and the exit code', async () => {
    await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(SHELL) });
    await expect
      .poll(async () => (await api(CoreV1Api).readNamespacedPod({ ...NAMESPACE, name: 'shell' })).status?.phase, { timeout: 30_000 })
      .toBe('Running');
    const exec = async (
      script: string,
      input?: string,
    ): Promise<{ readonly out: string; readonly err: string; readonly status: V1Status }> => {
      const [out, err] = [new PassThrough(), new PassThrough()];
      const texts = { out: '', err: '' };
      out.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
      err.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
      const status = await new Promise<V1Status>((resolve, reject) => {
        new Exec(config)
          .exec(
            'default',
            'shell',
            'c',
            ['/bin/sh', '-c', script],
            out,
            err,
            input === undefined ? null : Readable.from([input]),
            false,
            resolve,
          )
          .catch(reject);
      });
      return { ...texts, status };
    };
    expect(await exec('echo out; echo err >&2')).toMatchObject({ out: 'out\n', err: 'err\n', status: { status: 'Success' } });
    expect(await exec('cat; echo', 'hello')).toMatchObject({ out: 'hello\n' });
    expect((await exec('exit 7')).status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '7' }] },
    });
  });
});
