// Who may use the kubelet's API, decided by a real API server.
import { createTestServer } from '@holdfast/apiserver/testing';
import { type Client, createClient, inProcessTransport } from '@holdfast/client';
import { FakeClock } from '@holdfast/clock';
import { silentLogger } from '@holdfast/controller';
import { CLUSTERROLEBINDINGS, NAMESPACES, type NodeRequest, SERVICEACCOUNTS, type UserInfo } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { NodeAccess } from './access.ts';
import { nodeAttributes } from './attributes.ts';

const RBAC = 'rbac.authorization.k8s.io';
const METRICS: UserInfo = { username: 'metrics', groups: ['system:authenticated'] };

interface Guard {
  readonly access: NodeAccess;
  readonly admin: Client;
  readonly clock: FakeClock;
  /** How many requests the node has made of the server. */
  readonly asked: () => number;
  readonly fail: (message: string | undefined) => void;
}

function guard(): Guard {
  const clock = new FakeClock();
  const server = createTestServer({
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  let asked = 0;
  let failure: string | undefined;
  const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const client = createClient(
    inProcessTransport(async (request) => {
      asked += 1;
      if (failure) throw new Error(failure);
      return server.handle(request);
    }, node),
  );
  return {
    access: new NodeAccess({ nodeName: 'n1', client, clock, log: silentLogger }),
    admin: createClient(inProcessTransport(server.handle, { username: 'admin', groups: ['system:masters'] })),
    clock,
    asked: () => asked,
    fail: (message) => {
      failure = message;
    },
  };
}

function request(path: string, { method = 'GET', token }: { readonly method?: string; readonly token?: string } = {}): NodeRequest {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { method, path, query: new URLSearchParams(), headers, signal: new AbortController().signal };
}

async function bind(admin: Client, role: string, subject: object): Promise<void> {
  await admin.create(CLUSTERROLEBINDINGS, {
    metadata: { name: role },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: [subject as never],
  });
}

describe('what a request is to those who decide', () => {
  it.each([
    ['GET', '/stats/summary', 'get', 'stats'],
    ['GET', '/metrics', 'get', 'metrics'],
    ['GET', '/metrics/cadvisor', 'get', 'metrics'],
    ['GET', '/logs/', 'get', 'log'],
    ['GET', '/containerLogs/a/b/c', 'get', 'proxy'],
    ['POST', '/exec/a/b/c', 'create', 'proxy'],
    ['GET', '/statsfoo', 'get', 'proxy'],
    ['OPTIONS', '/pods', '', 'proxy'],
  ])('%s %s is %s on nodes/%s', (method, path, verb, subresource) => {
    expect(nodeAttributes({ method, path })).toEqual({ verb, subresource });
  });
});

describe('the kubelet API', () => {
  it('is closed to nobody in particular and to bad tokens', async () => {
    const { access } = guard();
    for (const asked of [request('/healthz'), request('/pods', { token: 'nonsense' }), request('/pods', { token: '' })])
      expect(await access.refusal(asked, undefined)).toEqual({ status: 401, text: 'Unauthorized' });
  });

  it('is open to those with a certificate whose role allows it', async () => {
    const { access, admin } = guard();
    const server = { username: 'kube-apiserver-kubelet-client', groups: ['system:authenticated'] };
    expect(await access.refusal(request('/exec/a/b/c', { method: 'POST' }), server)).toEqual({
      status: 403,
      text: 'Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource(s)=[proxy])',
    });
    await bind(admin, 'system:kubelet-api-admin', { kind: 'User', apiGroup: RBAC, name: METRICS.username });
    expect(await access.refusal(request('/exec/a/b/c', { method: 'POST' }), METRICS)).toBeUndefined();
    expect(await access.refusal(request('/stats/summary'), METRICS)).toBeUndefined();
    expect(await access.refusal(request('/checkpoint/a/b/c', { method: 'POST' }), METRICS)).toMatchObject({ status: 403 });
  });

  it('knows service accounts by their tokens', async () => {
    const { access, admin } = guard();
    await admin.create(NAMESPACES, { metadata: { name: 'monitoring' } });
    await admin.create(SERVICEACCOUNTS, { metadata: { namespace: 'monitoring', name: 'prometheus' } });
    const issued = await admin.createSubresource(SERVICEACCOUNTS, { namespace: 'monitoring', name: 'prometheus' }, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: { audiences: [], expirationSeconds: 3600 },
    });
    const { token = '' } = (issued as { readonly status?: { readonly token?: string } }).status ?? {};
    expect((await access.refusal(request('/pods', { token }), undefined))?.text).toBe(
      'Forbidden (user=system:serviceaccount:monitoring:prometheus, verb=get, resource=nodes, subresource(s)=[proxy])',
    );
  });

  it('asks again when a right may have been given or taken away', async () => {
    const { access, admin, clock, asked } = guard();
    const refusal = () => access.refusal(request('/pods'), METRICS);
    expect(await refusal()).toMatchObject({ status: 403 });
    await bind(admin, 'system:kubelet-api-admin', { kind: 'User', apiGroup: RBAC, name: METRICS.username });
    expect(await refusal()).toMatchObject({ status: 403 });
    expect(asked()).toBe(1);
    await clock.advance(30_001);
    expect(await refusal()).toBeUndefined();
    await admin.delete(CLUSTERROLEBINDINGS, { name: 'system:kubelet-api-admin' });
    await clock.advance(299_000);
    expect(await refusal()).toBeUndefined();
    expect(asked()).toBe(2);
    await clock.advance(2_000);
    expect(await refusal()).toMatchObject({ status: 403 });
  });

  it('is closed while the server cannot be asked, and nothing of that is kept', async () => {
    const { access, admin, fail } = guard();
    await bind(admin, 'system:kubelet-api-admin', { kind: 'User', apiGroup: RBAC, name: METRICS.username });
    fail('the server is gone');
    expect(await access.refusal(request('/pods'), METRICS)).toEqual({
      status: 500,
      text: 'Authorization error (user=metrics, verb=get, resource=nodes, subresource=proxy)',
    });
    expect(await access.refusal(request('/pods', { token: 'abc' }), undefined)).toEqual({ status: 401, text: 'Unauthorized' });
    fail(undefined);
    expect(await access.refusal(request('/pods'), METRICS)).toBeUndefined();
  });
});
