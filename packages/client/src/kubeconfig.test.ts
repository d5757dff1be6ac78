import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inClusterConfig } from './in-cluster.ts';
import { kubeconfigPaths, loadKubeconfig } from './kubeconfig.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: object | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function config(user: object, more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': base64('CA') } }],
    users: [{ name: 'u', user }],
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'data' } },
      { name: 'there', context: { cluster: 'c' } },
    ],
    ...more,
  };
}

describe('loadKubeconfig', () => {
  test('inline certificates', async () => {
    const path = await file('inline', config({ 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') }));
    expect(await loadKubeconfig(path)).toEqual({
      context: 'here',
      namespace: 'data',
      server: 'https://127.0.0.1:6443',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      insecureSkipTlsVerify: false,
    });
  });

  test('files are found beside the kubeconfig; another context by name', async () => {
    await file('key.pem', 'KEY');
    await file('cert.pem', 'CERT');
    const path = await file('files', config({ 'client-certificate': 'cert.pem', 'client-key': 'key.pem', tokenFile: 'token' }));
    expect(await loadKubeconfig(path)).toMatchObject({ cert: 'CERT', key: 'KEY', tokenFile: join(folder, 'token') });
    expect(await loadKubeconfig(path, 'there')).toMatchObject({ context: 'there', namespace: 'default', ca: 'CA' });
  });

  test('several files: the first to name something wins, missing ones are passed over', async () => {
    const first = await file('first', { 'current-context': 'mine', contexts: [{ name: 'mine', context: { cluster: 'c', user: 'u' } }] });
    const second = await file('second', config({ token: 'secret' }));
    expect(await loadKubeconfig([join(folder, 'none'), first, second])).toMatchObject({ context: 'mine', token: 'secret' });
  });

  test.each([
    [config({ exec: { command: 'aws' } }), 'the kubeconfig lacks user "u": exec.apiVersion'],
    [
      config({ exec: { command: 'aws', apiVersion: 'client.authentication.k8s.io/v1alpha1' } }),
      'write one of client.authentication.k8s.io/v1,',
    ],
    [config({ exec: { apiVersion: 'client.authentication.k8s.io/v1' } }), 'the kubeconfig lacks user "u": exec.command'],
    [
      config({ exec: { command: 'aws', apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Always' } }),
      'nobody is there to answer',
    ],
    [config({ username: 'admin', password: 'x' }), 'user name and password'],
    [config({}, { 'current-context': '' }), 'no current-context'],
    [config({}, { 'current-context': 'nowhere' }), 'context "nowhere" does not exist in the kubeconfig; it has: here, there'],
    [config({}, { clusters: [{ name: 'c', cluster: {} }] }), 'the kubeconfig lacks cluster: server'],
    ['- a list', 'is not a kubeconfig'],
  ])('says what is wrong: %#', async (content, message) => {
    await expect(loadKubeconfig(await file('bad', content))).rejects.toThrow(message);
  });

  test('a missing file is named', async () => {
    await expect(loadKubeconfig(join(folder, 'none'))).rejects.toThrow(`cannot read the kubeconfig ${join(folder, 'none')}`);
  });

  test('paths as kubectl finds them', () => {
    expect(kubeconfigPaths({ KUBECONFIG: '/a::/b' }, '/home/me')).toEqual(['/a', '/b']);
    expect(kubeconfigPaths({}, '/home/me')).toEqual(['/home/me/.kube/config']);
  });
});

describe('inClusterConfig', () => {
  test('reads the mounted service account', async () => {
    const mount = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(mount, { recursive: true });
    await writeFile(join(mount, 'ca.crt'), 'CA');
    await writeFile(join(mount, 'namespace'), 'ops\n');
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '6443', HOLDFAST_CONTAINER_ROOT: folder };
    expect(await inClusterConfig(env)).toEqual({
      server: 'https://127.0.0.1:6443',
      ca: 'CA',
      namespace: 'ops',
      tokenFile: join(mount, 'token'),
    });
  });

  test('outside a cluster it says so', async () => {
    await expect(inClusterConfig({})).rejects.toThrow('outside a cluster name a kubeconfig');
  });
});
