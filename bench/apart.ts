// Measurements in a process of their own, built as a lab's process is: a loader of TypeScript keeps the name of every function that is
// made, at a cost in time and memory that no lab has.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import type { ApartMeasurements } from './apart-process.ts';

const BUILD = new URL('../scripts/build.mjs', import.meta.url).href;
const SOURCE = fileURLToPath(new URL('apart-process.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../dist/bench/apart-process.mjs', import.meta.url));

/** Runs one measurement; `execArgv` are options of Node, such as a larger heap. */
export async function apart<Name extends keyof ApartMeasurements>(
  name: Name,
  args: Parameters<ApartMeasurements[Name]>,
  execArgv: readonly string[] = [],
): Promise<Awaited<ReturnType<ApartMeasurements[Name]>>> {
  const { common } = (await import(BUILD)) as { readonly common: BuildOptions };
  await build({ ...common, entryPoints: [SOURCE], outfile: PROGRAM, outExtension: {} });
  const child = spawnSync(process.execPath, [...execArgv, PROGRAM, name, JSON.stringify(args)], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${name} could not be measured: ${child.stderr}`);
  return JSON.parse(child.stdout) as Awaited<ReturnType<ApartMeasurements[Name]>>;
}
