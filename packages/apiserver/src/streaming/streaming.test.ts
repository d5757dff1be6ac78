import type { ContainerStatus, LogOptions, NodeStreams, Pod } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { CHANNEL, chooseSubprotocol } from './channels.ts';
import { chooseContainer, DEFAULT_CONTAINER_ANNOTATION, openAttach, openExec, openLog, openPortForward } from './index.ts';
import { InputQueue } from './input-queue.ts';
import { logOptionsOf } from './log-options.ts';

const two: Pod = {
  metadata: { name: 'p', namespace: 'ns', uid: 'u' },
  spec: { nodeName: 'n', containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'i' }] },
};
const one: Pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { nodeName: 'n', containers: [{ name: 'a' }] } };

function status(state: ContainerStatus['state'], lastState: ContainerStatus['lastState'] = {}): Pod {
  return {
    ...one,
    status: { containerStatuses: [{ name: 'a', ready: false, restartCount: 0, image: '', imageID: '', state, lastState }] },
  };
}

const node: NodeStreams = {
  async logs(container, options) {
    async function* lines(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode(JSON.stringify({ container, options }));
    }
    return lines();
  },
  exec: async (_container, { command }) => ({ exitCode: command.length }),
  attach: async () => ({ exitCode: 0 }),
  portForward: async () => undefined,
};

async function log(pod: Pod, query = '', nodes: () => NodeStreams | undefined = () => node): Promise<string> {
  const response = await openLog({ pod, query: new URLSearchParams(query), nodes, signal: new AbortController().signal });
  if (response.kind === 'bytes') return Buffer.from(response.bytes).toString();
  const chunks: Uint8Array[] = [];
  if (response.kind === 'stream') for await (const chunk of response.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('chooseContainer', () => {
  it('takes the one asked for, the annotated one, or the only one', () => {
    expect(chooseContainer(two, 'i')).toBe('i');
    expect(chooseContainer(one, undefined)).toBe('a');
    const annotated = { ...two, metadata: { ...two.metadata, annotations: { [DEFAULT_CONTAINER_ANNOTATION]: 'b' } } };
    expect(chooseContainer(annotated, undefined)).toBe('b');
  });

  it('says what there is to choose from', () => {
    expect(() => chooseContainer(two, undefined)).toThrow(
      'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]',
    );
    expect(() => chooseContainer(two, 'x')).toThrow('container x is not valid for pod p');
  });
});

describe('log options', () => {
  const parse = (query: string): LogOptions => logOptionsOf(new URLSearchParams(query), 'p');

  it('are read as Go reads them', () => {
    expect(parse('follow&timestamps=1&previous=false&tailLines=3&sinceSeconds=5&limitBytes=9')).toEqual({
      follow: true,
      timestamps: true,
      previous: false,
      tailLines: 3,
      sinceSeconds: 5,
      limitBytes: 9,
    });
    expect(parse('sinceTime=2024-01-01T00:00:00Z')).toMatchObject({ sinceTime: '2024-01-01T00:00:00Z' });
  });

  it.each([
    ['tailLines=-1', 'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['limitBytes=0', 'PodLogOptions "p" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    ['sinceSeconds=0', 'must be greater than 0'],
    ['sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z', 'at most one of `sinceTime` or `sinceSeconds` may be specified'],
    ['tailLines=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['sinceTime=yesterday', 'parsing time "yesterday"'],
  ])('%s is refused', (query, message) => {
    expect(() => parse(query)).toThrow(message);
  });
});

describe('openLog', () => {
  it('asks the agent of the node', async () => {
    const running = status({ running: {} });
    expect(JSON.parse(await log(running, 'tailLines=1'))).toMatchObject({
      container: { namespace: 'ns', pod: 'p', uid: 'u', container: 'a' },
      options: { tailLines: 1 },
    });
  });

  it.each([
    [status({ waiting: { reason: 'ContainerCreating' } }), '', 'container "a" in pod "p" is waiting to start: ContainerCreating'],
    [
      status({ waiting: { reason: 'ImagePullBackOff' } }),
      '',
      'container "a" in pod "p" is waiting to start: trying and failing to pull image',
    ],
    [status({ running: {} }), 'previous=true', 'previous terminated container "a" in pod "p" not found'],
    [one, '', 'container "a" in pod "p" is not available'],
  ])('refuses a container that has none', async (pod, query, message) => {
    await expect(log(pod, query)).rejects.toThrow(message);
  });

  it('shows the log of the last run while the next one waits', async () => {
    const backingOff = status({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: { exitCode: 1 } });
    await expect(log(backingOff)).resolves.toContain('"container":"a"');
    await expect(log(backingOff, 'previous=true')).resolves.toContain('"previous":true');
  });

  it('is empty for a pod without a node, and fails for a node without an agent', async () => {
    await expect(log({ ...one, spec: { containers: [{ name: 'a' }] } })).resolves.toBe('');
    await expect(log(status({ running: {} }), '', () => undefined)).rejects.toThrow('error dialing backend');
  });
});

describe('openExec', () => {
  const exec = (pod: Pod, query: string): unknown => openExec({ pod, query: new URLSearchParams(query), nodes: () => node });

  it('hands over what the agent will run', async () => {
    const response = exec(one, 'command=ls&command=-l&stdout=true') as { start: (streams: object) => Promise<unknown> };
    await expect(response.start({})).resolves.toEqual({ exitCode: 2 });
  });

  it.each([
    [
      { ...one, status: { phase: 'Succeeded' } },
      'command=ls&stdout=1',
      'cannot exec into a container in a completed pod; current phase is Succeeded',
    ],
    [{ ...one, spec: { containers: [{ name: 'a' }] } }, 'command=ls&stdout=1', 'pod p does not have a host assigned'],
    [one, 'stdout=1', 'you must specify at least one command for the container'],
    [one, 'command=ls', 'you must specify at least 1 of stdin, stdout, stderr'],
  ])('refuses what cannot run', (pod, query, message) => {
    expect(() => exec(pod, query)).toThrow(message);
  });

  it('attaches and forwards ports of pods that run', async () => {
    const nodes = (): NodeStreams => node;
    const attached = openAttach({ pod: one, query: new URLSearchParams('stdout=1'), nodes }) as {
      start: (streams: object) => Promise<unknown>;
    };
    await expect(attached.start({})).resolves.toEqual({ exitCode: 0 });
    expect(() => openPortForward({ pod: one, query: new URLSearchParams(), nodes })).toThrow(
      'unable to forward port because pod is not running. Current status=',
    );
    expect(openPortForward({ pod: { ...one, status: { phase: 'Running' } }, query: new URLSearchParams(), nodes })).toMatchObject({
      kind: 'port-forward',
    });
  });
});

describe('subprotocols', () => {
  it('prefer the newest that is offered', () => {
    expect(chooseSubprotocol(['v4.channel.k8s.io', 'v5.channel.k8s.io'])?.name).toBe('v5.channel.k8s.io');
    expect(chooseSubprotocol([])?.name).toBe('');
    expect(chooseSubprotocol(['SPDY/3.1+portforward.k8s.io'])).toBeUndefined();
  });

  it.each(['v5.channel.k8s.io', 'v4.base64.channel.k8s.io'])('%s reads what it writes', (name) => {
    const subprotocol = chooseSubprotocol([name]);
    const message = subprotocol?.encode(CHANNEL.stdout, Uint8Array.of(0, 255, 10)) ?? '';
    const decoded = subprotocol?.decode(Buffer.from(message));
    expect(decoded?.channel).toBe(CHANNEL.stdout);
    expect([...(decoded?.payload ?? [])]).toEqual([0, 255, 10]);
  });
});

describe('InputQueue', () => {
  it('pauses its source while too much waits', async () => {
    const calls: string[] = [];
    const queue = new InputQueue<string>((text) => text.length, {
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
      limit: 3,
    });
    queue.push('ab');
    queue.push('cd');
    queue.push('ef');
    expect(calls).toEqual(['pause']);
    const read: string[] = [];
    for await (const text of queue) {
      read.push(text);
      if (read.length === 3) queue.end();
    }
    expect(read).toEqual(['ab', 'cd', 'ef']);
    expect(calls).toEqual(['pause', 'resume']);
  });
});
