// The measurement `scale` in a process of its own, built as a lab's process is: a loader of TypeScript keeps the name of every function
// that is made, at a cost in time and memory that no lab has.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import type { ScaleFigures } from './scale.ts';

const BUILD = new URL('../scripts/build.mjs', import.meta.url).href;
const SOURCE = fileURLToPath(new URL('scale-process.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../dist/bench/scale-process.mjs', import.meta.url));

/** `execArgv`: options of Node, such as a larger heap. */
export async function scaleApart(nodes: number, pods: number, execArgv: readonly string[] = []): Promise<ScaleFigures> {
  const { common } = (await import(BUILD)) as { readonly common: BuildOptions };
  await build({ ...common, entryPoints: [SOURCE], outfile: PROGRAM, outExtension: {} });
  const child = spawnSync(process.execPath, [...execArgv, PROGRAM, String(nodes), String(pods)], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${pods} pods could not be measured: ${child.stderr}`);
  return JSON.parse(child.stdout) as ScaleFigures;
}
