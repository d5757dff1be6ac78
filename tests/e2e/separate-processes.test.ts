// The parts of a control plane as programs of their own, over TLS, each with its own identity: two of each, and one may die.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasKubectl, makeHome, shellBundle, startLab, type TestLab } from './harness.ts';
import { type Part, startAgent, startPart } from './programs.ts';

const LABELS = { app: 'web' };
const SET = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: {
    serviceName: 'web',
    replicas: 1,
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'c',
            image: 'test/shell:1',
            command: ['/bin/sh', '-c', 'sleep 1234'],
            envFrom: [{ configMapRef: { name: 'settings' } }],
          },
        ],
      },
    },
  },
};

async function holderOf(lab: TestLab, lease: string): Promise<string> {
  const output = await lab.tryKubectl(['get', 'lease', '-n', 'kube-system', lease, '-o', 'jsonpath={.spec.holderIdentity}']);
  return output.code === 0 ? output.stdout : '';
}

/** The one of two parts that holds the lease, and the other. */
async function leaderAndOther(lab: TestLab, lease: string, parts: readonly [Part, Part]): Promise<readonly [Part, Part]> {
  await expect.poll(() => holderOf(lab, lease), { timeout: 20_000 }).not.toBe('');
  const holder = await holderOf(lab, lease);
  const [one, two] = parts;
  return one.log().includes(holder) ? [one, two] : [two, one];
}

const isRefused = (part: Part): boolean => part.log().includes('"reason":"Forbidden"') || part.log().includes('is forbidden');

describe.skipIf(!hasKubectl())('separate programs', { timeout: 180_000 }, () => {
  it('two of each elect a leader, survive its loss, and have no more rights than they need', async () => {
    const home = makeHome();
    await using lab = await startLab('apart', { home, without: 'controllers,scheduler,agents', bundle: shellBundle(home.path) });
    await using controllersA = await startPart(lab, 'controllers', 'controllers');
    await using controllersB = await startPart(lab, 'controllers', 'controllers');
    await using schedulerA = await startPart(lab, 'scheduler', 'scheduler');
    await using schedulerB = await startPart(lab, 'scheduler', 'scheduler');
    await using agentA = await startAgent(lab, 1);
    await using agentB = await startAgent(lab, 2);
    await lab.kubectl('create', 'configmap', 'settings', '--from-literal=COLOUR=blue');
    const created = await lab.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(SET) });
    expect(created.code, created.stderr).toBe(0);
    await lab.kubectl('rollout', 'status', 'statefulset/web', '--timeout=60s');
    const [leader, other] = await leaderAndOther(lab, 'kube-controller-manager', [controllersA, controllersB]);
    const [schedulerLeader] = await leaderAndOther(lab, 'kube-scheduler', [schedulerA, schedulerB]);

    // Without a word: the lease has to run out.
    const before = await holderOf(lab, 'kube-controller-manager');
    leader.child.kill('SIGKILL');
    // With a word: the lease is given back, and the other need not wait.
    schedulerLeader.child.kill('SIGTERM');
    await lab.kubectl('scale', 'statefulset/web', '--replicas=3');
    await lab.kubectl('rollout', 'status', 'statefulset/web', '--timeout=90s');
    const after = await holderOf(lab, 'kube-controller-manager');
    expect(after).not.toBe(before);
    expect(other.log()).toContain(after);
    const nodes = await lab.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}');
    expect(new Set(nodes.split(' '))).toEqual(new Set(['n1', 'n2']));

    for (const part of [controllersA, controllersB, schedulerA, schedulerB, agentA, agentB])
      expect(isRefused(part), part.log()).toBe(false);
    // The events tell who acted: each controller under its own account is seen in what it wrote.
    const managers = await lab.kubectl(
      'get',
      'pod',
      'web-2',
      '-o',
      'jsonpath={.metadata.managedFields[*].manager}',
      '--show-managed-fields',
    );
    expect(managers).toContain('holdfast-controllers');
    // An identity of a part can do that part's work and nothing else.
    const kubeconfig = join(home.path, 'scheduler.kubeconfig');
    const refused = await lab.tryKubectl(['--kubeconfig', kubeconfig, 'create', 'configmap', 'mine']);
    expect(refused.stderr).toContain('User "system:kube-scheduler" cannot create resource "configmaps"');
    const stranger = await lab.tryKubectl(['--kubeconfig', join(home.path, 'node-n1.kubeconfig'), 'get', 'secrets', '-A']);
    expect(stranger.stderr).toContain('User "system:node:n1" cannot list resource "secrets"');
  });

  it('says what is wrong with its flags', async () => {
    await using home = makeHome();
    expect((await home.holdfast(['controllers'])).stderr).toContain("required option '--kubeconfig <file>' not specified");
    expect((await home.holdfast(['lab', 'up', '--without', 'etcd'])).stderr).toContain(
      '--without: there is no part "etcd": use controllers, scheduler, agents',
    );
    const agent = [
      'agent',
      '--kubeconfig',
      'none',
      '--node-name',
      'n',
      '--node-ip',
      '127.1.1.1',
      '--pod-cidr',
      '127.1.2.0/24',
      '--state-dir',
      home.path,
    ];
    for (const [flags, words] of [
      [['--node-ip', 'n1'], '--node-ip: "n1" is no IP address'],
      [['--pod-cidr', '127.1.0.0/16'], '--pod-cidr: "127.1.0.0/16" is no IPv4 range that ends in .0/24'],
      [['--port', '70000'], '--port: "70000" is no port'],
      [['--tls-cert-file', 'x'], '--tls-cert-file and --tls-private-key-file belong together: give both or none'],
      [['--client-ca-file', '/no/such/file'], '--client-ca-file: ENOENT'],
    ] as const)
      expect((await home.holdfast([...agent, ...flags])).stderr).toContain(words);
  });
});
