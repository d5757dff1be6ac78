// Twelve failures as `kubectl describe` and `kubectl get events` tell of them, compared with kept files.
import { describe, expect, it } from 'vitest';
import { findKubectl, goldenCluster } from './cluster.ts';
import { goldenFile, goldenText, withoutAges } from './golden-file.ts';
import { SCENARIOS } from './scenarios.ts';

const kubectl = findKubectl();

describe.skipIf(kubectl === undefined)('what a user reads', { timeout: 60_000 }, () => {
  it.each(SCENARIOS)('$name: $title', async ({ name, title, sources, nodes, script, happens, commands }) => {
    await using cluster = await goldenCluster(kubectl ?? '', nodes, script);
    await happens(cluster);
    const outputs: [string, string][] = [];
    for (const command of commands) outputs.push([command, await cluster.kubectl(command)]);
    const actual = goldenText({ title, sources, outputs });
    expect(actual).toBe(goldenFile(name, actual));
  });
});

describe('withoutAges', () => {
  it('takes out how long ago something was, and leaves what was said', () => {
    const line = '  Warning  BackOff  3m5s (x12 over 7h2m)  kubelet  Back-off 10s (x2 over 3d) later   5m';
    expect(withoutAges(line)).toBe('  Warning  BackOff  <age> (x12)  kubelet  Back-off 10s (x2 over 3d) later  <age>\n');
    expect(withoutAges('2m4s        Normal    Killing   pod/web   Stopping container db')).toBe(
      '<age>  Normal  Killing  pod/web  Stopping container db\n',
    );
    expect(withoutAges('Status:  Terminating (lasts 329d)')).toBe('Status:  Terminating (lasts <age>)\n');
  });
});
