import { describe, expect, it } from 'vitest';
import { check } from '../check.ts';
import { loadTexts } from '../load/load.ts';
import { design, DESIGNED, DesignError, type DesignRequest, PROVIDERS } from './design.ts';

const REQUEST: DesignRequest = {
  engine: 'etcd',
  name: 'locks',
  namespace: 'data',
  instances: 3,
  size: '150Gi',
  storage: 'network',
  provider: 'aws',
  nodes: [],
  iops: 6000,
  survive: 'zone',
  bucket: 's3://backups/locks',
};
/** What no manifest can show. */
const HINTS = ['restore-never-rehearsed', 'failover-never-rehearsed'];

const local = (instances: number): Partial<DesignRequest> => ({
  storage: 'local',
  provider: undefined,
  survive: 'node',
  instances,
  nodes: Array.from({ length: instances }, (_, index) => `worker-${index}`),
});

const WISHES = DESIGNED.flatMap((engine) => [
  ...PROVIDERS.map((provider) => ({ engine, provider })),
  { engine, ...local(3) },
  { engine, ...local(5) },
]);

describe('what is designed passes every rule', () => {
  it.each(WISHES)('%j', async (wish) => {
    const request = { ...REQUEST, ...wish };
    const loaded = await loadTexts([{ file: 'design.yaml', text: design(request) }]);
    expect(loaded.problems).toEqual([]);
    const { findings, graph } = check(loaded);
    expect(findings.filter(({ rule }) => !HINTS.includes(rule)).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
    expect([...graph.unknownKinds]).toEqual([]);
    const databases = graph.workloads.filter(({ database, replicas }) => database.length > 0 && replicas > 0);
    expect(databases.map(({ replicas }) => replicas)).toEqual([request.instances]);
    expect(databases[0]?.storage.some((storage) => graph.classOf(storage) !== undefined)).toBe(true);
  });
});

it('says what to expect of the storage', () => {
  expect(design(REQUEST)).toMatch(/# Network disks: a write takes about 1 ms[\s\S]*# IOPS: 6000 asked for/);
  expect(design({ ...REQUEST, ...local(3) })).toContain('# Local disks: a write takes about 0.1 ms');
});

it.each([
  [{ ...local(1), engine: 'postgresql' }, 'one instance on a local disk is refused'],
  [{ instances: 4 }, '4 members of etcd can miss 1, as 3 could'],
  [{ instances: 1 }, 'survives the loss of none'],
  [{ ...local(3), nodes: ['a', 'b'] }, 'name 3 with --nodes'],
  [{ ...local(3), nodes: ['a', 'b', 'b'] }, 'named twice'],
  [{ provider: undefined }, '--provider aws|gcp|azure'],
  [{ iops: 50_000 }, '50000 IOPS are more than one such disk has with aws (16000)'],
  [{ engine: 'mysql', bucket: undefined }, 'name it with --bucket'],
  [{ size: 'lots' }, 'a size of lots'],
  [{ name: 'No_Name' }, 'is no name'],
  [{ ...local(3), survive: 'zone' }, 'take --survive node'],
] as readonly (readonly [Partial<DesignRequest>, string])[])('refuses %j', (wish, sentence) => {
  expect(() => design({ ...REQUEST, ...wish })).toThrow(DesignError);
  expect(() => design({ ...REQUEST, ...wish })).toThrow(sentence);
});
