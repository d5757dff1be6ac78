import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '@holdfast/clock';
import { CONFIGMAPS, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, type Pod, PODS, type PodSpec } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import type { AgentOptions } from './agent.ts';
import { processRuntime } from './runtime/process/process-runtime.ts';
import { hasTerminal } from './test/has-terminal.ts';
import { testFolder, type TestFolder, writeTestBundle } from './test/test-bundle.ts';
import { startTestNode, type TestNode } from './test/test-node.ts';

const clock = systemClock();
const never = new AbortController().signal;

/** An HTTP server on the pod's address; /health is 200 once the file `ready` is in its data folder. */
const SERVER = `
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
const root = process.env.HOLDFAST_CONTAINER_ROOT;
createServer((request, response) => {
  response.statusCode = request.url === '/health' && !existsSync(root + '/data/ready') ? 503 : 200;
  response.end('ok');
}).listen(8080, process.env.HOLDFAST_POD_IP, () => console.log('listening on ' + process.env.HOLDFAST_POD_IP));
process.on('SIGTERM', () => { console.log('bye'); process.exit(0); });
`;

interface ProcessNode extends AsyncDisposable {
  readonly node: TestNode;
  readonly folder: TestFolder;
  /** Waits until the pod is as wanted. */
  until(name: string, wanted: (pod: Pod) => boolean): Promise<Pod>;
  logs(pod: Pod): Promise<string>;
  exec(pod: Pod, command: readonly string[], tty?: boolean): Promise<string>;
}

async function processNode({
  understudy = false,
  agent,
}: {
  readonly understudy?: boolean;
  readonly agent?: (folder: TestFolder) => Partial<AgentOptions>;
} = {}): Promise<ProcessNode> {
  const folder = testFolder();
  const runtime = processRuntime({ bundles: [writeTestBundle(folder.path, { understudy, script: SERVER })] });
  const node = await startTestNode({ clock, runtime, stateDir: folder.path, agent: agent?.(folder) ?? {} });
  const refOf = ({
    metadata,
    spec,
  }: Pod): { readonly namespace: string; readonly pod: string; readonly uid: string; readonly container: string } => ({
    namespace: 'default',
    pod: metadata.name ?? '',
    uid: metadata.uid ?? '',
    container: spec?.containers[0]?.name ?? '',
  });
  return {
    node,
    folder,
    until: async (name, wanted) => {
      for (;;) {
        const pod = await node.pod(name);
        if (wanted(pod)) return pod;
        await sleep(clock, 5);
      }
    },
    logs: async (pod) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await node.agent.streams.logs(refOf(pod), {}, never)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
    exec: async (pod, command, tty = false) => {
      let out = '';
      const stdout = (chunk: Uint8Array): void => {
        out += Buffer.from(chunk).toString();
      };
      await node.agent.streams.exec(
        refOf(pod),
        { command, stdin: tty, stdout: true, stderr: true, tty },
        { stdout, stderr: stdout, signal: never },
      );
      return out;
    },
    [Symbol.asyncDispose]: async () => {
      await node.stop();
      folder[Symbol.dispose]();
    },
  };
}

const server: PodSpec = {
  terminationGracePeriodSeconds: 10,
  containers: [
    {
      name: 'web',
      image: 'test/tool:v2',
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    },
  ],
  volumes: [{ name: 'data', emptyDir: {} }],
};
const isReady = (pod: Pod): boolean => pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

describe('agent with the process runtime', () => {
  it('runs a server: probes by named port, logs, exec, graceful end', async () => {
    await using lab = await processNode({ understudy: true });
    await lab.node.run('web-0', server);
    const running = await lab.until('web-0', (pod) => pod.status?.phase === 'Running');
    expect(running.status?.containerStatuses?.[0]?.imageID).toBe('understudy://test/tool:v2');
    for (; !(await lab.node.events('web-0')).some((event) => event.endsWith('statuscode: 503')); ) await sleep(clock, 10);
    expect(isReady(await lab.node.pod('web-0'))).toBe(false);
    await lab.exec(running, ['touch', '/data/ready']);
    const ready = await lab.until('web-0', isReady);
    expect(await lab.logs(ready)).toBe(
      'holdfast: image test/tool:v2 is played by an understudy: a tool for tests\nlistening on 127.91.2.2\n',
    );
    expect(await lab.exec(ready, ['sh', '-c', 'echo $HOSTNAME $HOLDFAST_DNS $KUBERNETES_SERVICE_PORT; cat /etc/hosts | tail -1'])).toBe(
      'web-0 127.91.0.254:5353 6443\n127.91.2.2\tweb-0\n',
    );
    const events = await lab.node.events('web-0');
    expect(events).toContain('Understudy: image test/tool:v2 is played by an understudy: a tool for tests');
    expect(events).toContain('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503');
    const uid = ready.metadata.uid ?? '';
    await lab.node.client.delete(PODS, { namespace: 'default', name: 'web-0' });
    while (await lab.node.exists('web-0')) await sleep(clock, 5);
    while (existsSync(join(lab.folder.path, 'n1', 'pods', uid))) await sleep(clock, 5);
  });

  it('restarts what is killed, and keeps the log of the run before', async () => {
    await using lab = await processNode();
    const pod = await lab.node.run('web-0', {
      containers: [
        { name: 'c', image: 'test/tool', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', 'echo run $$$$; exec sleep 1000'] },
      ],
    });
    const first = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    while (!(await lab.logs(first)).startsWith('run ')) await sleep(clock, 5);
    process.kill(Number((await lab.logs(first)).split(' ')[1]), 'SIGKILL');
    const second = await lab.until('web-0', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1);
    expect(second.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    const previous = await lab.node.agent.streams.logs(
      { namespace: 'default', pod: 'web-0', uid: pod.metadata.uid ?? '', container: 'c' },
      { previous: true },
      never,
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of previous) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(await lab.logs(first).then(() => Buffer.concat(chunks).toString()));
    expect(Buffer.concat(chunks).toString()).toMatch(/^run \d+\n$/);
  });

  it('mounts ConfigMaps and brings them up to date', async () => {
    await using lab = await processNode();
    const config = await lab.node.client.create(CONFIGMAPS, { metadata: { namespace: 'default', name: 'conf' }, data: { 'a.txt': 'one' } });
    await lab.node.run('web-0', {
      containers: [
        {
          name: 'c',
          image: 'test/tool:1',
          command: ['sleep', '1000'],
          volumeMounts: [
            { name: 'v', mountPath: '/etc/conf' },
            { name: 'v', mountPath: '/etc/one', subPath: 'a.txt' },
          ],
        },
      ],
      volumes: [{ name: 'v', configMap: { name: 'conf' } }],
    });
    const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    expect(await lab.exec(pod, ['cat', '/etc/conf/a.txt', '/etc/one'])).toBe('oneone');
    await lab.node.client.update(CONFIGMAPS, { ...config, data: { 'a.txt': 'two' } });
    while ((await lab.exec(pod, ['cat', '/etc/conf/a.txt'])) !== 'two') await sleep(clock, 5);
  });

  it.skipIf(process.geteuid?.() !== 0)("gives the pod's own volumes to its fsGroup, where it is root", async () => {
    await using lab = await processNode();
    await lab.node.client.create(CONFIGMAPS, { metadata: { namespace: 'default', name: 'conf' }, data: { 'a.txt': 'one' } });
    const volumeMounts = ['/data', '/etc/conf'].map((mountPath) => ({ name: mountPath === '/data' ? 'd' : 'v', mountPath }));
    await lab.node.run('web-0', {
      securityContext: { fsGroup: 4321 },
      containers: [{ name: 'c', image: 'test/tool:1', command: ['sleep', '1000'], volumeMounts }],
      volumes: [
        { name: 'd', emptyDir: {} },
        { name: 'v', configMap: { name: 'conf' } },
      ],
    });
    const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    expect(await lab.exec(pod, ['stat', '-L', '-c', '%g', '/data', '/etc/conf/a.txt'])).toBe('4321\n4321\n');
  });

  it('keeps data on a local volume, and says when its path is not there', async () => {
    await using lab = await processNode({
      agent: ({ path }) => ({ hostMounts: [{ containerPath: '/mnt/disks/ssd0', hostPath: join(path, 'disk') }] }),
    });
    const { client } = lab.node;
    const capacity = { storage: '1Gi' };
    const accessModes = ['ReadWriteOnce'];
    const claim = await client.create(PERSISTENTVOLUMECLAIMS, {
      metadata: { namespace: 'default', name: 'data' },
      spec: { accessModes, resources: { requests: capacity }, volumeName: 'local-pv-worker-1', storageClassName: '' },
    });
    await client.create(PERSISTENTVOLUMES, {
      metadata: { name: 'local-pv-worker-1' },
      spec: {
        capacity,
        accessModes,
        local: { path: '/mnt/disks/ssd0' },
        claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }] }] },
        },
      },
    });
    await lab.node.run('db-0', {
      containers: [
        {
          name: 'db',
          image: 'test/tool:1',
          command: ['sh', '-c', 'echo row >> /data/rows; exec sleep 1000'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    });
    const early = 'error processing PVC default/data: PVC is not bound';
    while (!(await lab.node.events('db-0')).some((event) => event.endsWith(early))) await sleep(clock, 5);
    await client.updateStatus(PERSISTENTVOLUMECLAIMS, { ...claim, status: { phase: 'Bound' } });
    const words =
      'FailedMount: MountVolume.NewMounter initialization failed for volume "local-pv-worker-1" : path "/mnt/disks/ssd0" does not exist';
    while (!(await lab.node.events('db-0')).includes(words)) await sleep(clock, 5);
    expect((await lab.node.pod('db-0')).status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    mkdirSync(join(lab.folder.path, 'disk'));
    await lab.until('db-0', ({ status }) => status?.phase === 'Running');
    while (!existsSync(join(lab.folder.path, 'disk', 'rows'))) await sleep(clock, 5);
    await lab.node.client.delete(PODS, { namespace: 'default', name: 'db-0' }, { gracePeriodSeconds: 1 });
    while (await lab.node.exists('db-0')) await sleep(clock, 5);
    expect(readFileSync(join(lab.folder.path, 'disk', 'rows'), 'utf8')).toBe('row\n');
  });

  it('leaves no process when the agent stops', async () => {
    let pid = 0;
    {
      await using lab = await processNode();
      await lab.node.run('web-0', {
        containers: [{ name: 'c', image: 'test/tool:1', command: ['sh', '-c', 'echo $$$$; exec sleep 1000'] }],
      });
      const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
      while (pid === 0) pid = Number((await lab.logs(pod)).trim());
    }
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it.skipIf(!hasTerminal())('gives a terminal', async () => {
    await using lab = await processNode();
    await lab.node.run('web-0', { containers: [{ name: 'c', image: 'test/tool:1', command: ['sleep', '1000'] }] });
    const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    expect(await lab.exec(pod, ['tty'], true)).toMatch(/^\/dev\/pts\/\d+\r\n$/);
  });

  it('says what to do about an image that nobody has', async () => {
    await using lab = await processNode();
    await lab.node.run('web-0', { containers: [{ name: 'c', image: 'nginx:1.27' }] });
    const pod = await lab.until('web-0', ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('this node has test/tool');
    const { streams } = lab.node.agent;
    const ref = { namespace: 'default', pod: 'web-0', uid: pod.metadata.uid ?? '', container: 'c' };
    await expect(streams.logs(ref, {}, never)).rejects.toMatchObject({
      message: 'container "c" in pod "web-0" is waiting to start: image can\'t be pulled',
      code: 400,
    });
    await expect(streams.logs(ref, { previous: true }, never)).rejects.toThrow(
      'previous terminated container "c" in pod "web-0" not found',
    );
  });

  it('reports a program that cannot be run and backs off', async () => {
    await using lab = await processNode();
    await lab.node.run('web-0', { containers: [{ name: 'c', image: 'test/tool:1', command: ['nonesuch'] }] });
    const pod = await lab.until('web-0', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1);
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: 'RunContainerError', message: expect.stringContaining('executable file not found in $PATH') } },
      lastState: { terminated: { exitCode: 128, reason: 'StartError' } },
    });
  });

  it('serves exec and logs through the API server', async () => {
    await using lab = await processNode();
    await lab.node.run('web-0', {
      containers: [{ name: 'c', image: 'test/tool:1', command: ['sh', '-c', 'echo hello; exec sleep 1000'] }],
    });
    const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    while ((await lab.logs(pod)) === '') await sleep(clock, 5);
    const key = { namespace: 'default', name: 'web-0' };
    let text = '';
    for await (const chunk of await lab.node.client.logs(key, {})) text += Buffer.from(chunk).toString();
    expect(text).toBe('hello\n');
    let out = '';
    const result = await lab.node.client.exec(key, {
      command: ['sh', '-c', 'echo from exec; exit 3'],
      stdout: (chunk) => {
        out += Buffer.from(chunk).toString();
      },
      stderr: () => undefined,
      signal: never,
    });
    expect([out, result]).toEqual(['from exec\n', { exitCode: 3 }]);
  });

  it('attaches to the output of a container, and forwards ports to its address', async () => {
    await using lab = await processNode();
    await lab.node.run('web-0', server);
    const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    const ref = { namespace: 'default', pod: 'web-0', uid: pod.metadata.uid ?? '', container: 'web', podIp: pod.status?.podIP ?? '' };
    const streams = { stdout: () => undefined, stderr: () => undefined, signal: never };
    const outputs = { stdout: true, stderr: true, tty: false };
    const answered = async (port: number): Promise<string> => {
      let text = '';
      async function* request(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      }
      const output = (chunk: Uint8Array): void => {
        text += Buffer.from(chunk).toString();
      };
      await lab.node.agent.streams.portForward(ref, port, { input: request(), output, signal: never });
      return text;
    };
    await expect(answered(1)).rejects.toThrow(/error forwarding port 1 to pod .* connection refused/);
    await expect(lab.node.agent.streams.attach(ref, { ...outputs, stdin: true }, streams)).rejects.toThrow('have no standard input');
    for (let text = ''; !text.startsWith('HTTP/1.1 '); ) text = await answered(8080).catch(() => '');
    const attached = lab.node.agent.streams.attach(ref, { ...outputs, stdin: false }, streams);
    await lab.node.client.delete(PODS, { namespace: 'default', name: 'web-0' }, { gracePeriodSeconds: 1 });
    expect(await attached).toEqual({ exitCode: 0 });
  });

  it('writes files of its own only', async () => {
    await using lab = await processNode();
    writeFileSync(join(lab.folder.path, 'outside'), 'x');
    const mounting = (path: string): PodSpec => ({
      containers: [{ name: 'c', image: 'test/tool:1', command: ['sleep', '1000'], volumeMounts: [{ name: 'h', mountPath: '/host' }] }],
      volumes: [{ name: 'h', hostPath: { path, type: 'DirectoryOrCreate' } }],
    });
    await expect(lab.node.run('web-0', mounting('/../../outside'))).rejects.toThrow("must not contain '..'");
    await lab.node.run('web-0', mounting('/outside'));
    await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    expect(existsSync(join(lab.folder.path, 'n1', 'root', 'outside'))).toBe(true);
  });
});

describe('service account', () => {
  it('gives a token, the CA and the namespace where programs look for them', async () => {
    await using lab = await processNode();
    await lab.node.client.create(CONFIGMAPS, {
      metadata: { namespace: 'default', name: 'kube-root-ca.crt' },
      data: { 'ca.crt': 'the CA' },
    });
    await lab.node.run('web-0', {
      automountServiceAccountToken: true,
      containers: [{ name: 'c', image: 'test/tool:1', command: ['sleep', '1000'] }],
    });
    const pod = await lab.until('web-0', ({ status }) => status?.phase === 'Running');
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(await lab.exec(pod, ['cat', `${folder}/ca.crt`, `${folder}/namespace`])).toBe('the CAdefault');
    const token = await lab.exec(pod, ['cat', `${folder}/token`]);
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { pod: { name: 'web-0', uid: pod.metadata.uid } },
    });
  });
});
