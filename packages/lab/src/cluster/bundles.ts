// Which bundles a lab offers its nodes, and how a real database takes the place of its understudy.
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders with a bundle.json below `folder`, in order of their names. */
export function bundlesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'bundle.json')));
}

/** The program `name` on the search path, or undefined. */
export function findProgram(name: string, searchPath: string): string | undefined {
  for (const folder of searchPath.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, name);
    if (isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** Whether `path` is a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there or not ours to run: that is the answer.
    return false;
  }
}

/**
 * Writes a bundle that runs the real `cockroach` at `program` through the launcher that fits it to the process runtime
 * (addresses and names), and returns its folder. `launcher` is the built real-launcher.mjs.
 */
export function writeRealCockroachBundle(folder: string, program: string, launcher: string): string {
  const path = join(folder, 'cockroach-real');
  mkdirSync(path, { recursive: true });
  const run = ['{node}', launcher, program];
  const manifest = {
    images: ['cockroachdb/cockroach'],
    understudy: false,
    describe: `the real cockroach at ${program}`,
    programs: { '/cockroach/cockroach.sh': run, '/cockroach/cockroach': run },
    path: ['/cockroach'],
    workingDir: '/cockroach',
    entrypoint: ['/cockroach/cockroach.sh'],
    cmd: [],
    env: {},
  };
  writeFileSync(join(path, 'bundle.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return path;
}
