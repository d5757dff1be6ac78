// A cluster's server and real webhooks on the loopback interface, over TLS.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { FakeClock, seededRandom, systemClock } from '@holdfast/clock';
import type { AdmissionRequest, ApiResponse, KubeObject, StatusObject, UserInfo } from '@holdfast/schema';
import { createTestServer } from '../../testing/index.ts';
import { httpsWebhookCaller } from '../../https/index.ts';
import { createPki } from '../../pki/index.ts';

/** A response without its uid; a function gets the whole say over the body; 'hang' never answers. */
export type Reply = Readonly<Record<string, unknown>> | ((uid: string) => { readonly status?: number; readonly body: string }) | 'hang';

export interface Answered {
  readonly code: number;
  readonly object: KubeObject & { readonly data?: Readonly<Record<string, string>> };
  readonly message: string;
  readonly reason: string | undefined;
  readonly warning: string | undefined;
}

export interface Cluster extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly port: number;
  /** PEM of the webhooks' authority, base64. */
  readonly caBundle: string;
  /** What the webhooks were asked: the last part of the path first. */
  readonly asked: readonly { readonly hook: string; readonly request: AdmissionRequest & { readonly object: KubeObject | null } }[];
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<Answered>;
  /** Registers one webhook, at /<name>, for ConfigMaps unless `spec` says otherwise, and how it replies. */
  hook(kind: 'Mutating' | 'Validating', name: string, reply: Reply, spec?: Readonly<Record<string, unknown>>): Promise<Answered>;
  reply(name: string, reply: Reply): void;
}

const ADMIN: UserInfo = { username: 'anna', groups: ['system:masters'] };

export async function webhookCluster(): Promise<Cluster> {
  const clock = new FakeClock();
  const pki = await createPki({ clock: systemClock(), random: seededRandom(1), ips: ['hook.default.svc'] });
  const replies = new Map<string, Reply>();
  const asked: { hook: string; request: AdmissionRequest & { readonly object: KubeObject | null } }[] = [];
  const listener = createServer({ cert: pki.serving.certificate, key: pki.serving.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const hook = new URL(request.url ?? '/', 'https://hook').pathname.slice(1);
      const review = JSON.parse(Buffer.concat(chunks).toString()) as { request: AdmissionRequest & { readonly object: KubeObject | null } };
      asked.push({ hook, request: review.request });
      const reply = replies.get(hook) ?? {};
      if (reply === 'hang') return;
      const { uid } = review.request;
      if (typeof reply === 'function') {
        const { status = 200, body } = reply(uid);
        response.writeHead(status).end(body);
        return;
      }
      const whole = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid, allowed: true, ...reply } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const caBundle = Buffer.from(pki.caCertificate).toString('base64');
  const caller = httpsWebhookCaller();
  const server = createTestServer({
    clock,
    serviceAccountKey: pki.serviceAccountKey,
    callWebhook: caller.call,
    onBug: (error) => {
      throw error;
    },
  });
  const call: Cluster['call'] = async (method, path, body, contentType = 'application/json') => {
    const url = new URL(path, 'https://server');
    const response: ApiResponse = await server.handle({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: { accept: 'application/json', 'content-type': contentType },
      user: ADMIN,
      signal: new AbortController().signal,
      ...(body === undefined ? {} : { body: { kind: 'value' as const, value: body } }),
    });
    if (response.kind !== 'object') throw new Error(`an object was expected, and a ${response.kind} came`);
    const { message = '', reason } = response.object as StatusObject;
    return { code: response.status, object: response.object as Answered['object'], message, reason, warning: response.headers['warning'] };
  };
  return {
    clock,
    port,
    caBundle,
    asked,
    call,
    hook: (kind, name, reply, spec = {}) => {
      replies.set(name, reply);
      const webhook = {
        name: `${name}.example.com`,
        clientConfig: { url: `https://127.0.0.1:${port}/${name}`, caBundle },
        rules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...spec,
      };
      const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`;
      const apiVersion = 'admissionregistration.k8s.io/v1';
      return call('POST', path, { apiVersion, kind: `${kind}WebhookConfiguration`, metadata: { name }, webhooks: [webhook] });
    },
    reply: (name, reply) => void replies.set(name, reply),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      caller.close();
      listener.closeAllConnections();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}, metadata: object = {}): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** A reply that changes the object. */
export function patching(...operations: readonly Readonly<Record<string, unknown>>[]): Reply {
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') };
}
