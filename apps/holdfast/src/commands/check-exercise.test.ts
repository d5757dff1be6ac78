// The inputs of the exercise, as a user brings them: all are checked, and what is found is what is wrong with them.
import { join } from 'node:path';
import { FakeClock } from '@holdfast/clock';
import { expect, it } from 'vitest';
import type { Environment } from '../environment.ts';
import { runCheck } from './check-run.ts';

const INPUTS = join(import.meta.dirname, '../../../../tests/e2e/inputs');

it('finds what the exercise warns of, and nothing false', async () => {
  const written = { out: '', err: '' };
  const stream = (to: 'out' | 'err'): NodeJS.WriteStream =>
    ({ write: (part: string) => Boolean((written[to] += part)) }) as NodeJS.WriteStream;
  const environment: Environment = { programFolder: '', env: {}, clock: new FakeClock(), stdout: stream('out'), stderr: stream('err') };
  expect(await runCheck(environment, [INPUTS], { failOn: 'warning', config: false, json: true })).toBe(1);
  interface Printed {
    readonly findings: readonly { readonly rule: string; readonly severity: string; readonly workload: string; readonly file: string }[];
    readonly problems: readonly unknown[];
    readonly unknownKinds: Readonly<Record<string, number>>;
  }
  const { findings, problems, unknownKinds } = JSON.parse(written.out) as Printed;
  expect(problems).toEqual([]);
  expect(unknownKinds).toEqual({ 'Cluster (kind.x-k8s.io)': 1 });
  expect(findings.map(({ severity, rule, workload }) => `${severity} ${rule}: ${workload}`).toSorted()).toEqual([
    // Volumes of 10Gi are there, 100Gi are wanted.
    'error not-enough-room: CrdbCluster data/cockroachdb',
    'error not-enough-room: StatefulSet data/cockroachdb',
    'info failover-never-rehearsed: CrdbCluster data/cockroachdb',
    'info failover-never-rehearsed: CrdbCluster default/cockroachdb',
    'info failover-never-rehearsed: StatefulSet data/cockroachdb',
    // The Velero schedule snapshots volumes, and local disks have no snapshots.
    'warning no-backup: CrdbCluster data/cockroachdb',
    'warning no-backup: CrdbCluster default/cockroachdb',
    'warning no-backup: StatefulSet data/cockroachdb',
    // tlsEnabled: false
    'warning plaintext: CrdbCluster default/cockroachdb',
  ]);
});
