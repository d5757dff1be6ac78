// The operator's program, outside any pod, against an API server that it is only told of by a kubeconfig.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasKubectl, inputs, root, startLab } from './harness.ts';

describe.skipIf(!hasKubectl())('the operator elsewhere', { timeout: 180_000 }, () => {
  it('reconciles on whatever server its kubeconfig names', async () => {
    await using lab = await startLab('data-lab');
    const manifests = await lab.home.holdfast(['install', 'operator']);
    await lab.tryKubectl(['apply', '-f', '-'], { input: manifests.stdout });
    // Only the definitions and permissions are wanted: the program runs out here.
    await lab.kubectl('-n', 'cockroach-operator-system', 'delete', 'deployment', 'cockroach-operator-manager', '--wait');
    await lab.kubectl('wait', '--for=delete', 'pod', '-n', 'cockroach-operator-system', '--all', '--timeout=60s');
    await lab.kubectl('apply', '-f', join(inputs, 'local-storage.yaml'));
    const operator = spawn(
      process.execPath,
      [join(root, 'dist', 'bundles', 'cockroach-operator', 'operator.mjs'), '--kubeconfig', lab.kubeconfig],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { PATH: process.env['PATH'], HOLDFAST_POD_IP: '127.0.0.1' },
      },
    );
    try {
      await lab.kubectl('apply', '-f', join(inputs, 'cockroachdb-cluster.yaml'));
      await lab.kubectl('wait', '--for=condition=Initialized', 'crdbcluster/cockroachdb', '--timeout=120s');
      const owned = await lab.kubectl(
        'get',
        'service,statefulset,poddisruptionbudget',
        '-l',
        'app.kubernetes.io/instance=cockroachdb',
        '-o',
        'name',
      );
      expect(
        owned
          .trim()
          .split('\n')
          .toSorted((a, b) => a.localeCompare(b)),
      ).toEqual([
        'poddisruptionbudget.policy/cockroachdb',
        'service/cockroachdb',
        'service/cockroachdb-public',
        'statefulset.apps/cockroachdb',
      ]);
    } finally {
      await ended(operator);
    }
  });
});

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.on('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
