// `holdfast check`: whole processes over files of several sizes, with the memory they took, and 100,000 objects of a cluster.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, loadCluster } from '@holdfast/advise';
import { createClient, type Transport } from '@holdfast/client';
import { type Clock, systemClock } from '@holdfast/clock';
import { parseYamlWithPlaces } from '@holdfast/schema';
import { manifests } from './check-manifests.ts';

const PROGRAM = process.env['HOLDFAST_BENCH_PROGRAM'] ?? join(import.meta.dirname, '..', 'dist', 'holdfast.mjs');
const TIME = '/usr/bin/time';
const SIZES = [1, 625, 2_500, 10_000] as const;

/** Milliseconds of a whole process, and megabytes where time(1) is there to measure them. */
export function checkFigures(clock: Clock = systemClock()): Readonly<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const figures: Record<string, number> = { 'node alone, ms': run(clock, ['-e', '0']).ms };
    for (const size of SIZES) {
      const file = join(folder, `${size}.yaml`);
      writeFileSync(file, manifests(size));
      const { ms, megabytes } = run(clock, [PROGRAM, 'check', file, '--no-config']);
      const name = `${size} objects, ${(statSync(file).size / 1e6).toFixed(1)} MB`;
      figures[`${name}: ms`] = ms;
      if (megabytes !== undefined) figures[`${name}: MB of memory`] = megabytes;
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(clock: Clock, args: readonly string[]): { readonly ms: number; readonly megabytes: number | undefined } {
  const timed = existsSync(TIME);
  const start = clock.now();
  const { status, stderr } = timed
    ? spawnSync(TIME, ['-f', 'kilobytes %M', process.execPath, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 })
    : spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const ms = clock.now() - start;
  // 1: there are findings, as there should be.
  if (status !== 0 && status !== 1) throw new Error(`the check ended with ${status}: ${stderr}`);
  const kilobytes = /kilobytes (\d+)/.exec(stderr)?.[1];
  return { ms, megabytes: kilobytes === undefined ? undefined : Number(kilobytes) / 1024 };
}

/** 100,000 objects, listed page by page from memory and checked, in milliseconds. */
export async function checkClusterFigures(clock: Clock = systemClock()): Promise<Readonly<Record<string, number>>> {
  // As bytes, outside the heap, as they come from a server.
  const byPath = new Map<string, Buffer[]>();
  for await (const object of kubernetesObjects(100_000)) {
    const resource = object.kind === 'StorageClass' ? 'storageclasses' : `${object.kind.toLowerCase()}s`;
    const path = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}/${resource}` : `/api/${object.apiVersion}/${resource}`;
    const group = byPath.get(path);
    const bytes = Buffer.from(JSON.stringify(object));
    if (group) group.push(bytes);
    else byPath.set(path, [bytes]);
  }
  const none = (): never => {
    throw new Error('only lists are expected');
  };
  const transport: Transport = {
    request: async ({ path, query }) => {
      if (path === '/apis') return { status: 200, object: { groups: apiGroups([...byPath.keys()]) } };
      const all = byPath.get(path);
      if (!all)
        return {
          status: 404,
          object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404, reason: 'NotFound', message: '', metadata: {} },
        };
      const from = Number(query?.get('continue') ?? 0);
      const next = from + Number(query?.get('limit') ?? all.length);
      return {
        status: 200,
        object: {
          metadata: next < all.length ? { continue: String(next) } : {},
          items: all.slice(from, next).map((bytes) => JSON.parse(bytes.toString()) as unknown),
        },
      };
    },
    watch: none,
    stream: none,
    exec: none,
  };
  const start = clock.now();
  const loaded = await loadCluster(createClient(transport), 'bench');
  const { findings } = check(loaded);
  const figures = { 'objects read': loaded.objects.length, findings: findings.length, ms: clock.now() - start };
  return { ...figures, 'peak memory with the lists themselves, MB': process.resourceUsage().maxRSS / 1024 };
}

/** As discovery shows the groups of these paths. */
function apiGroups(paths: readonly string[]): readonly unknown[] {
  return paths.flatMap((path) => {
    const [, name, version] = /^\/apis\/([^/]+)\/([^/]+)/.exec(path) ?? [];
    return name === undefined ? [] : [{ name, versions: [{ version }], preferredVersion: { version } }];
  });
}

/** One at a time, so that their texts need not be kept. */
async function* kubernetesObjects(count: number): AsyncIterable<{ readonly apiVersion: string; readonly kind: string }> {
  for (const text of manifests(count).split('---\n'))
    yield (await parseYamlWithPlaces(text)).value as { readonly apiVersion: string; readonly kind: string };
}
