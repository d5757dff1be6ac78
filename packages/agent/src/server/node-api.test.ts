// The kubelet's API of a node, asked without a network.
import type { ApiResponse, Pod } from '@holdfast/schema';
import { NODES } from '@holdfast/schema';
import { FakeClock } from '@holdfast/clock';
import { describe, expect, it } from 'vitest';
import { simulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import { simulate, type Simulation, spec } from '../test/simulate.ts';
import { startTestNode } from '../test/test-node.ts';

async function ask({ node }: Simulation, target: string, method = 'GET'): Promise<ApiResponse> {
  const [path = '', query = ''] = target.split('?');
  const request = { method, path, query: new URLSearchParams(query), headers: {}, signal: new AbortController().signal };
  const answered = await node.agent.streams.handle?.(request);
  if (!answered) throw new Error('the agent has no API');
  return answered;
}

/** Code and text of an answer. */
async function answer(sim: Simulation, target: string, method?: string): Promise<readonly [status: number, text: string]> {
  const response = await ask(sim, target, method);
  if (response.kind === 'bytes') return [response.status, Buffer.from(response.bytes).toString()];
  if (response.kind !== 'stream') return [101, response.kind];
  const read: Uint8Array[] = [];
  for await (const chunk of response.chunks) read.push(chunk);
  return [response.status, Buffer.concat(read).toString()];
}

async function running(): Promise<Simulation> {
  const sim = await simulate({ container: () => ({ log: 'one\ntwo\n' }) });
  await sim.node.run('web-0', spec());
  await sim.clock.advance(1);
  return sim;
}

describe('the kubelet API', () => {
  it('is well, and lists the pods of the node', async () => {
    await using sim = await running();
    expect(await answer(sim, '/healthz')).toEqual([200, 'ok']);
    const [, text] = await answer(sim, '/pods');
    const list = JSON.parse(text) as { readonly kind: string; readonly items: readonly Pod[] };
    expect(list.kind).toBe('PodList');
    expect(list.items.map(({ kind, metadata, status }) => [kind, metadata.name, status?.phase])).toEqual([['Pod', 'web-0', 'Running']]);
  });

  it('knows no other paths and methods', async () => {
    await using sim = await running();
    expect(await answer(sim, '/runningpods/')).toEqual([404, '404 page not found\n']);
    expect(await answer(sim, '/containerLogs/default/web-0/c/d')).toEqual([404, '404 page not found\n']);
    expect(await answer(sim, '/pods', 'POST')).toEqual([405, '405: Method Not Allowed']);
    expect(await answer(sim, '/%zz')).toEqual([404, '404 page not found\n']);
  });

  it('gives logs, and says in the kubelet’s words which there are not', async () => {
    await using sim = await running();
    expect(await answer(sim, '/containerLogs/default/web-0/c?tailLines=10')).toEqual([200, 'one\ntwo\n']);
    expect(await answer(sim, '/containerLogs/default/web-9/c')).toEqual([404, 'pod "web-9" does not exist\n']);
    expect(await answer(sim, '/containerLogs/other/web-0/c')).toEqual([404, 'pod "web-0" does not exist\n']);
    expect(await answer(sim, '/containerLogs/default/web-0/x')).toEqual([404, 'container "x" not found in pod "web-0"\n']);
    expect(await answer(sim, '/containerLogs/default/web-0/c?previous=true')).toEqual([
      400,
      'previous terminated container "c" in pod "web-0" not found',
    ]);
  });

  it.each([
    ['tailLines=x', 400, '{"message": "Unable to decode query."}'],
    ['sinceTime=yesterday', 400, '{"message": "Unable to decode query."}'],
    ['tailLines=-1', 422, '{"message": "Invalid request."}'],
    ['limitBytes=0', 422, '{"message": "Invalid request."}'],
    ['sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z', 422, '{"message": "Invalid request."}'],
  ])('refuses logs with %s', async (query, status, text) => {
    await using sim = await running();
    expect(await answer(sim, `/containerLogs/default/web-0/c?${query}`)).toEqual([status, text]);
  });

  it('upgrades for exec, attach and forwarded ports, by names alone or with the uid', async () => {
    await using sim = await running();
    const { uid } = (await sim.node.pod('web-0')).metadata;
    for (const method of ['GET', 'POST']) {
      expect(await answer(sim, '/exec/default/web-0/c?command=true&output=1', method)).toEqual([101, 'exec']);
      expect(await answer(sim, `/exec/default/web-0/${uid}/c?command=true&output=1`, method)).toEqual([101, 'exec']);
      expect(await answer(sim, '/attach/default/web-0/c?output=1', method)).toEqual([101, 'exec']);
      expect(await answer(sim, `/portForward/default/web-0/${uid}`, method)).toEqual([101, 'port-forward']);
    }
    expect(await ask(sim, '/portForward/default/web-0?port=80&port=81')).toMatchObject({ ports: ['80', '81'] });
    expect(await ask(sim, '/exec/default/web-0/c?command=a&command=b&input=1&output=1&error=1&tty=1')).toMatchObject({
      options: { stdin: true, stdout: true, stderr: false, tty: true },
    });
  });

  it('says what cannot be upgraded before it is', async () => {
    await using sim = await running();
    expect(await answer(sim, '/exec/default/web-0/c?command=true')).toEqual([400, 'you must specify at least 1 of stdin, stdout, stderr']);
    expect(await answer(sim, '/exec/default/web-0/x?command=true&output=1')).toEqual([500, 'container not found ("x")']);
    expect(await answer(sim, '/exec/default/gone/c?command=true&output=1')).toEqual([404, 'pod does not exist']);
    expect(await answer(sim, '/exec/default/web-0/another-uid/c?command=true&output=1')).toEqual([404, 'pod does not exist']);
    expect(await answer(sim, '/portForward/default/gone')).toEqual([404, 'pod does not exist']);
  });
});

describe('a node whose API is served', () => {
  it('says where, and with which certificate; one whose is not takes back what an earlier agent said', async () => {
    const clock = new FakeClock();
    const stopped: string[] = [];
    const listen = async () => ({ port: 4711, certificate: 'ab12', close: async () => void stopped.push('closed') });
    const start = { clock, runtime: simulatedRuntime({ clock }), stateDir: '/simulated' };
    const starting = startTestNode({ ...start, agent: { listen } });
    await clock.advance(0);
    const node = await starting;
    const found = await node.client.get(NODES, { name: 'n1' });
    expect(found.status?.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 4711 } });
    expect(found.metadata.annotations).toMatchObject({ 'holdfast.dev/kubelet-certificate-sha256': 'ab12' });
    await node.stop();
    expect(stopped).toEqual(['closed']);
    const again = startTestNode({ ...start, client: node.client });
    await clock.advance(0);
    const later = await again;
    const plain = await node.client.get(NODES, { name: 'n1' });
    expect(plain.status?.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 10_250 } });
    expect(Object.keys(plain.metadata.annotations ?? {})).not.toContain('holdfast.dev/kubelet-certificate-sha256');
    await later.stop();
  });

  it('is not registered when its API cannot be served', async () => {
    const clock = new FakeClock();
    const listen = async (): Promise<never> => {
      throw new Error('port 1 of 127.0.0.1 is in use');
    };
    const starting = startTestNode({ clock, runtime: simulatedRuntime({ clock }), stateDir: '/simulated', agent: { listen } });
    const failed = starting.catch((error: unknown) => error);
    await clock.advance(0);
    expect(await failed).toEqual(new Error('port 1 of 127.0.0.1 is in use'));
  });
});
