import { check, loadTexts } from '@holdfast/advise';
import { FakeClock } from '@holdfast/clock';
import { expect, it } from 'vitest';
import type { Environment } from '../environment.ts';
import { type DesignOptions, runDesign } from './design-run.ts';

const DEFAULTS = { name: 'db', namespace: 'data', instances: '3', iops: '0', survive: 'node' };

async function run(
  options: Partial<DesignOptions>,
  answers?: readonly string[],
): Promise<{ status: number; out: string; err: string; asked: readonly string[] }> {
  const written = { out: '', err: '' };
  const stream = (to: 'out' | 'err'): NodeJS.WriteStream =>
    ({ write: (part: string) => Boolean((written[to] += part)) }) as NodeJS.WriteStream;
  const environment: Environment = { programFolder: '', env: {}, clock: new FakeClock(), stdout: stream('out'), stderr: stream('err') };
  const asked: string[] = [];
  const ask = async (question: string): Promise<string> => answers?.[asked.push(question) - 1] ?? '';
  const status = await runDesign(environment, { ...DEFAULTS, ...options }, answers ? ask : undefined);
  return { status, ...written, asked };
}

it('writes manifests in which nothing is found', async () => {
  const { status, out } = await run({ engine: 'cockroachdb', storage: 'local', size: '100Gi', nodes: 'a, b, c' });
  expect(status).toBe(0);
  const { findings } = check(await loadTexts([{ file: 'db.yaml', text: out }]));
  expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
});

it('asks for what is not said, and only for that', async () => {
  const { status, asked } = await run({ engine: 'postgresql' }, ['network', '50Gi', 'gcp', 's3://backups/db']);
  expect(status).toBe(0);
  expect(asked.map((question) => question.split(' ')[0])).toEqual(['local', 'how', 'whose', 'where']);
});

it.each([
  [{ engine: 'etcd' }, '--storage is missing'],
  [{ engine: 'oracle' }, '--engine oracle is none of cockroachdb'],
  [
    { engine: 'postgresql', storage: 'local', size: '1Gi', instances: '1', nodes: 'a', bucket: 's3://b' },
    'one instance on a local disk is refused',
  ],
  [{ engine: 'etcd', storage: 'network', size: '1Gi', provider: 'aws', instances: 'many' }, '--instances many is no number'],
])('refuses %j', async (options, sentence) => {
  const { status, out, err } = await run(options);
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err).toContain(sentence);
});
