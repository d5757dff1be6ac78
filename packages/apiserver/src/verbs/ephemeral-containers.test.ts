import type { Pod, StatusObject } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { type Embedded, embedded } from '../core/embedded.fixture.ts';

const PODS = '/api/v1/namespaces/default/pods';
const shell = { name: 'debug', image: 'shell:1', targetContainerName: 'c' };

async function make(): Promise<{ readonly server: Embedded; readonly pod: Pod }> {
  const server = embedded();
  const pod = await server.read<Pod>('POST', PODS, {
    metadata: { name: 'p' },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'db:1' }] },
  });
  return { server, pod };
}

async function put(server: Embedded, pod: Pod, spec: object): Promise<string> {
  const answer = await server.ask('PUT', `${PODS}/p/ephemeralcontainers`, { ...pod, spec: { ...pod.spec, ...spec } });
  if (answer.kind !== 'object') throw new Error('no answer');
  return answer.status === 200 ? 'ok' : `${answer.status} ${(answer.object as StatusObject).message}`;
}

describe('ephemeral containers', () => {
  it('are added through their subresource, which changes nothing else', async () => {
    const { server, pod } = await make();
    const rest = { containers: [{ ...pod.spec?.containers[0], image: 'db:2' }], hostname: 'other' };
    expect(await put(server, pod, { ...rest, ephemeralContainers: [shell] })).toBe('ok');
    const written = await server.read<Pod>('GET', `${PODS}/p/ephemeralcontainers`);
    expect(written.spec).toMatchObject({
      containers: [{ image: 'db:1' }],
      ephemeralContainers: [{ ...shell, imagePullPolicy: 'IfNotPresent' }],
    });
    expect(written.spec?.hostname).toBeUndefined();
  });

  it('stay as they are', async () => {
    const { server, pod } = await make();
    await put(server, pod, { ephemeralContainers: [shell] });
    const now = await server.read<Pod>('GET', `${PODS}/p`);
    const [first] = now.spec?.ephemeralContainers ?? [];
    expect(await put(server, now, { ephemeralContainers: [] })).toBe(
      '422 Pod "p" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed',
    );
    expect(await put(server, now, { ephemeralContainers: [{ ...first, image: 'shell:2' }] })).toContain(
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed',
    );
    expect(await put(server, now, { ephemeralContainers: [first, { ...shell, name: 'again' }] })).toBe('ok');
  });

  it('must not have what only other containers have, nor a name that is taken', async () => {
    const { server, pod } = await make();
    expect(await put(server, pod, { ephemeralContainers: [{ ...shell, ports: [{ containerPort: 1 }] }] })).toContain(
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    );
    expect(await put(server, pod, { ephemeralContainers: [{ ...shell, name: 'c' }] })).toContain(
      'spec.ephemeralContainers[0].name: Duplicate value: "c"',
    );
  });

  it('cannot be changed through the pod itself', async () => {
    const { server, pod } = await make();
    const refused = await server.refused('PUT', `${PODS}/p`, { ...pod, spec: { ...pod.spec, ephemeralContainers: [shell] } });
    expect(refused.message).toContain('pod updates may not change fields other than');
  });
});
