// The whole program over HTTPS, as in a pod or with a kubeconfig: real connections, real time.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer, createPki, serveHttps } from '@holdfast/apiserver';
import { createClient, inProcessTransport } from '@holdfast/client';
import { systemClock, systemRandom } from '@holdfast/clock';
import type { Logger } from '@holdfast/controller';
import { type ClusterRole, CLUSTERROLEBINDINGS, CLUSTERROLES, LEASES, NAMESPACES, SERVICEACCOUNTS, STATEFULSETS } from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { CRDB_CLUSTERS } from '../api/crdb-cluster.ts';
import { crdbClusterDefinition } from '../api/definition.ts';
import { clusterOf } from '../cluster/testing.ts';
import {
  OPERATOR_NAMESPACE,
  OPERATOR_SERVICE_ACCOUNT,
  operatorClusterRole,
  operatorClusterRoleBinding,
  operatorServiceAccount,
} from '../install/access.ts';
import { parseFlags } from './flags.ts';
import { runOperator } from './run.ts';

const CUSTOM_RESOURCE_DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

async function startServer() {
  const clock = systemClock();
  const random = systemRandom();
  const pki = await createPki({ clock, random });
  const server = createApiServer({
    clock,
    random,
    nodes: () => undefined,
    serviceCidr: '127.64.128.0/17',
    advertise: { host: '127.0.0.1', port: 6443 },
    caCertificate: pki.caCertificate,
    serviceAccountKey: pki.serviceAccountKey,
    onBug: (error) => process.emitWarning(String(error)),
  });
  const listener = await serveHttps({ server, host: '127.0.0.1', port: 0, pki, clock });
  const client = createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] }));
  await client.create(CUSTOM_RESOURCE_DEFINITIONS, crdbClusterDefinition());
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-operator-'));
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        { name: 'c', cluster: { server: `https://127.0.0.1:${listener.port}`, 'certificate-authority-data': base64(pki.caCertificate) } },
      ],
      users: [{ name: 'u', user: { 'client-certificate-data': base64(pki.admin.certificate), 'client-key-data': base64(pki.admin.key) } }],
    }),
  );
  const complaints: string[] = [];
  return {
    complaints: () => complaints,
    client,
    kubeconfig,
    folder,
    port: listener.port,
    caCertificate: pki.caCertificate,
    run(args: readonly string[], env: Readonly<Record<string, string>>, stop: AbortController): Promise<void> {
      return runOperator({ flags: parseFlags(args), env, clock, random, log: collecting(complaints) }, stop.signal);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await listener.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A logger that keeps what is warned of. */
function collecting(lines: string[]): Logger {
  const keep = (fields: unknown, message?: string): void => {
    const { err } = (typeof fields === 'object' && fields ? fields : {}) as { readonly err?: unknown };
    lines.push(`${message ?? ''} ${err instanceof Error ? err.message : ''} ${JSON.stringify(fields)}`);
  };
  const log: Logger = { debug: () => undefined, info: () => undefined, warn: keep, error: keep, child: () => log };
  return log;
}

const key = { namespace: 'default', name: 'cockroachdb' };

/** A port that was free just now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** What a pod of the operator would be given under its own service account, with these rights. */
async function podOf(
  { client, folder, caCertificate, port }: Awaited<ReturnType<typeof startServer>>,
  role: ClusterRole,
): Promise<Readonly<Record<string, string>>> {
  const namespace = OPERATOR_NAMESPACE;
  await client.create(NAMESPACES, { metadata: { name: namespace } });
  await client.create(SERVICEACCOUNTS, operatorServiceAccount());
  await client.create(CLUSTERROLES, role);
  await client.create(CLUSTERROLEBINDINGS, operatorClusterRoleBinding());
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } };
  const answer = await client.createSubresource(SERVICEACCOUNTS, { namespace, name: OPERATOR_SERVICE_ACCOUNT }, 'token', request);
  const mount = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount');
  await mkdir(mount, { recursive: true });
  await writeFile(join(mount, 'token'), (answer as unknown as { readonly status: { readonly token: string } }).status.token);
  await writeFile(join(mount, 'ca.crt'), caCertificate);
  await writeFile(join(mount, 'namespace'), namespace);
  return {
    HOLDFAST_CONTAINER_ROOT: folder,
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port),
    WATCH_NAMESPACE: 'default,other',
  };
}

describe('the program', () => {
  test('with a kubeconfig: reconciles, tells its health, holds its lease, and stops', async () => {
    await using server = await startServer();
    const stop = new AbortController();
    const [metrics, health] = [await freePort(), await freePort()];
    const args = [
      '--kubeconfig',
      server.kubeconfig,
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--health-addr=127.0.0.1:${health}`,
      '--enable-leader-election',
    ];
    const program = server.run(args, { NAMESPACE: 'default', POD_NAME: 'me' }, stop);
    await server.client.create(CRDB_CLUSTERS, clusterOf());
    await expect.poll(async () => (await server.client.list(STATEFULSETS)).items.length, { timeout: 10_000 }).toBe(1);
    await expect.poll(async () => (await server.client.get(CRDB_CLUSTERS, key)).status?.version).toBe('v24.3.2');
    expect(
      (await server.client.get(LEASES, { namespace: 'default', name: 'crdb-operator.cockroachlabs.com' })).spec?.holderIdentity,
    ).toMatch(/^me_/);
    expect((await fetch(`http://127.0.0.1:${health}/readyz`)).status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()).toContain('workqueue_depth{name="crdbcluster"} ');
    stop.abort();
    await program;
    await expect(fetch(`http://127.0.0.1:${health}/healthz`)).rejects.toThrow('fetch failed');
  });

  test('in a pod: with the token, the authority and the namespace that are mounted there', async () => {
    await using server = await startServer();
    const env = await podOf(server, operatorClusterRole());
    const stop = new AbortController();
    const program = server.run(['--metrics-addr=0', '--health-addr=0'], env, stop);
    await server.client.create(CRDB_CLUSTERS, clusterOf());
    await expect.poll(async () => (await server.client.list(STATEFULSETS)).items.length, { timeout: 10_000 }).toBe(1);
    await expect.poll(async () => (await server.client.get(CRDB_CLUSTERS, key)).status?.version).toBe('v24.3.2');
    expect(server.complaints().filter((text) => text.includes('forbidden'))).toEqual([]);
    stop.abort();
    await program;
  });

  test('in a pod: a right that its role lacks is named in the log', async () => {
    await using server = await startServer();
    const role = operatorClusterRole();
    const rules = role.rules?.map((rule) =>
      rule.resources?.includes('statefulsets') ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'create') } : rule,
    );
    const env = await podOf(server, { ...role, rules });
    const stop = new AbortController();
    const program = server.run(['--metrics-addr=0', '--health-addr=0'], env, stop);
    await server.client.create(CRDB_CLUSTERS, clusterOf());
    const message =
      'statefulsets.apps is forbidden: User "system:serviceaccount:cockroach-operator-system:cockroach-operator-sa" cannot create resource "statefulsets" in API group "apps" in the namespace "default"';
    await expect.poll(() => server.complaints().some((text) => text.includes(message)), { timeout: 10_000 }).toBe(true);
    expect((await server.client.list(STATEFULSETS)).items).toEqual([]);
    stop.abort();
    await program;
  });

  test('without a cluster it says what is missing', async () => {
    await using server = await startServer();
    await expect(server.run([], {}, new AbortController())).rejects.toThrow('outside a cluster name a kubeconfig');
  });
});
