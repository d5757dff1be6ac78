import type { ConfigMap, Container, Pod, Secret, Service } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type EnvironmentSources, resolveEnvironment } from './environment.ts';
import { expand } from './expand.ts';
import { serviceVariables } from './service-links.ts';

const pod: Pod = {
  metadata: { name: 'web-0', namespace: 'data', uid: 'u', labels: { app: 'web' }, annotations: { 'a/b': 'c' } },
  spec: { containers: [], nodeName: 'n1' },
};
const sources: EnvironmentSources = {
  pod,
  facts: { podIp: '127.64.2.2', hostIp: '127.64.0.2' },
  allocatable: { cpu: '4', memory: '8Gi' },
  given: { GIVEN: 'g' },
  configMap: async (name): Promise<ConfigMap | undefined> => (name === 'c' ? { metadata: { name }, data: { k: 'v', l: 'w' } } : undefined),
  secret: async (name): Promise<Secret | undefined> =>
    name === 's' ? { metadata: { name }, data: { p: Buffer.from('pw').toString('base64') } } : undefined,
};

const resolve = (container: Partial<Container>): Promise<Readonly<Record<string, string>>> =>
  resolveEnvironment({ name: 'main', ...container }, sources);

describe('environment', () => {
  it('expands what it knows, leaves the rest, and lets $$ escape', () => {
    expect(expand('$(A)-$(B)-$$(A)-$A-$$', (name) => (name === 'A' ? '1' : undefined))).toBe('1-$(B)-$(A)-$A-$');
  });

  it('takes values from everywhere, later ones over earlier ones', async () => {
    const env = await resolve({
      envFrom: [
        { configMapRef: { name: 'c' } },
        { prefix: 'S_', secretRef: { name: 's' } },
        { configMapRef: { name: 'none', optional: true } },
      ],
      env: [
        { name: 'k', value: 'own' },
        { name: 'BOTH', value: '$(k)/$(GIVEN)/$(l)' },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'PW', valueFrom: { secretKeyRef: { name: 's', key: 'p' } } },
        { name: 'GONE', valueFrom: { configMapKeyRef: { name: 'c', key: 'x', optional: true } } },
      ],
      resources: { limits: { cpu: '1500m' } },
    });
    expect(env).toEqual({
      GIVEN: 'g',
      k: 'own',
      l: 'w',
      S_p: 'pw',
      BOTH: 'own/g/w',
      POD: 'web-0',
      APP: 'web',
      IP: '127.64.2.2',
      CPU: '2',
      MEM: '8192',
      PW: 'pw',
    });
  });

  it.each<readonly [Partial<Container>, string]>([
    [{ envFrom: [{ configMapRef: { name: 'x' } }] }, 'configmap "x" not found'],
    [{ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'x', key: 'k' } } }] }, 'secret "x" not found'],
    [{ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'z' } } }] }, "couldn't find key z in ConfigMap data/c"],
    [{ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'z' } } }] }, "couldn't find key z in Secret data/s"],
  ])('says what is missing', async (container, message) => {
    await expect(resolve(container)).rejects.toThrow(message);
  });

  it('makes the variables of services', () => {
    const service = (name: string, clusterIP: string): Service => ({
      metadata: { name },
      spec: { clusterIP, ports: [{ name: 'sql', port: 26257 }] },
    });
    expect(serviceVariables([service('my-db', '127.64.128.9'), service('headless', 'None')])).toEqual({
      MY_DB_SERVICE_HOST: '127.64.128.9',
      MY_DB_SERVICE_PORT: '26257',
      MY_DB_SERVICE_PORT_SQL: '26257',
      MY_DB_PORT: 'tcp://127.64.128.9:26257',
      MY_DB_PORT_26257_TCP: 'tcp://127.64.128.9:26257',
      MY_DB_PORT_26257_TCP_PROTO: 'tcp',
      MY_DB_PORT_26257_TCP_PORT: '26257',
      MY_DB_PORT_26257_TCP_ADDR: '127.64.128.9',
    });
  });
});
