// A lab needs no rights: it starts, runs a pod on a disk and ends as a user that may do nothing else.
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasKubectl, type Output, program, run, unprivileged } from './harness.ts';

const user = unprivileged();

describe.skipIf(user === undefined || !hasKubectl())('a lab without root', { timeout: 120_000 }, () => {
  it('starts, installs the operator and leaves nothing behind', async () => {
    const home = mkdtempSync(join(tmpdir(), 'holdfast-user-'));
    if (!user) throw new Error('there is no user to run as');
    chownSync(home, user.uid, user.gid);
    const env = {
      HOLDFAST_HOME: join(home, 'state'),
      HOME: home,
      NO_COLOR: '1',
      KUBECONFIG: join(home, 'state', 'labs', 'mine', 'kubeconfig'),
    };
    const holdfast = (...args: string[]): Promise<Output> => run(process.execPath, [program, ...args], { env, user });
    const kubectl = (...args: string[]): Promise<Output> => run('kubectl', args, { env, user });
    try {
      const up = await holdfast('lab', 'up', '--name', 'mine');
      expect(up.code, up.stderr).toBe(0);
      const manifests = await holdfast('install', 'operator');
      const applied = await run('kubectl', ['apply', '-f', '-'], { env, user, input: manifests.stdout });
      expect(applied.code, applied.stderr).toBe(0);
      const available = await kubectl(
        '-n',
        'cockroach-operator-system',
        'wait',
        '--for=condition=Available',
        'deployment/cockroach-operator-manager',
        '--timeout=60s',
      );
      expect(available.code, available.stderr).toBe(0);
    } finally {
      const down = await holdfast('lab', 'down', '--name', 'mine');
      expect(down.code, down.stderr).toBe(0);
      rmSync(home, { recursive: true });
    }
  });
});
