// `holdfast lab run cockroachdb`: what `npm run lab` shows a user, beside another lab that runs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeHome } from './harness.ts';

interface Report {
  readonly passed: boolean;
  readonly criteria: readonly { readonly name: string; readonly met: boolean; readonly evidence: string }[];
  readonly writes: { readonly acknowledged: number; readonly lost: number; readonly longestGapMs: number };
  readonly recoveryMs: number;
  readonly image: { readonly requested: string; readonly ran: string };
  readonly steps: readonly { readonly name: string; readonly durationMs: number }[];
}

describe('lab run cockroachdb', { timeout: 180_000 }, () => {
  it('meets every criterion, loses no acknowledged write and leaves nothing behind, with another lab running', async () => {
    await using home = makeHome();
    const other = await home.holdfast(['lab', 'up', '--name', 'data-lab']);
    expect(other.code, other.stderr).toBe(0);
    const file = join(home.path, 'report.json');
    const ran = await home.holdfast(['lab', 'run', 'cockroachdb', '--json', file], { timeoutMs: 170_000 });
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(report.criteria.map((criterion) => criterion.met)).toEqual(Array<boolean>(6).fill(true));
    expect(report.writes.lost).toBe(0);
    expect(report.writes.acknowledged).toBeGreaterThan(100);
    expect(report.recoveryMs).toBeGreaterThan(0);
    expect(report.image.requested).toBe('cockroachdb/cockroach:v24.3.2');
    expect(report.steps).toHaveLength(8);
    expect(ran.stdout).toContain('$ kubectl apply -f cockroachdb-cluster.yaml');
    expect(existsSync(join(home.path, 'labs', 'data-lab-2'))).toBe(false);
  });

  it('refuses an exercise that there is not', async () => {
    await using home = makeHome();
    const ran = await home.holdfast(['lab', 'run', 'postgres']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toBe('holdfast: there is no exercise "postgres": there is cockroachdb\n');
  });
});
