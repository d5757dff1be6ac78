// Bundles the command line, the lab's background process and the bundles of the process runtime into dist/.
// Skips the work when no source has changed since the last build. Run: npm run build
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stampFile = join(dist, 'stamp');

/** CommonJS packages inside an ES module bundle ask for `require`. */
const banner = {
  js: "import { createRequire as holdfastCreateRequire } from 'node:module'; const require = holdfastCreateRequire(import.meta.url);",
};
/** How everything that ships is bundled. */
export const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  external: ['pg-native', 'bufferutil', 'utf-8-validate'],
  legalComments: 'linked',
  logLevel: 'warning',
  banner,
};

/**
 * `holdfast check` is bundled apart: bundles that share their code share what it loads too, and a check of one file would load what labs need.
 * The program finds it at this path, which holds for what esbuild puts beside holdfast.mjs.
 */
const checkApart = {
  name: 'check-apart',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/check-run\.ts$/ }, () => ({ path: './check/check-run.mjs', external: true }));
  },
};

/** How `holdfast check` is bundled; a test looks at what it loads. */
export const checkBundle = {
  ...common,
  absWorkingDir: root,
  entryPoints: { 'check-run': 'apps/holdfast/src/commands/check-run.ts' },
  splitting: true,
  outdir: join(dist, 'check'),
};

/** Builds what is out of date; true when something was built. */
export async function build() {
  const stamp = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return false;
  const esbuild = await import('esbuild');
  mkdirSync(dist, { recursive: true });
  await Promise.all([
    esbuild.build({
      ...common,
      absWorkingDir: root,
      entryPoints: {
        holdfast: 'apps/holdfast/src/main.ts',
        'lab-daemon': 'apps/holdfast/src/lab-daemon.ts',
        'simulate-worker': 'apps/holdfast/src/simulate-worker.ts',
      },
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      outdir: dist,
      plugins: [checkApart],
    }),
    esbuild.build(checkBundle),
    bundle(
      esbuild,
      'cockroach',
      { cockroach: 'understudies/cockroach/src/main.ts', 'real-launcher': 'understudies/cockroach/src/real-launcher.ts' },
      'understudies/cockroach/bundle.json',
    ),
    bundle(esbuild, 'cockroach-operator', { operator: 'packages/operator/src/main.ts' }, 'packages/operator/bundle.json'),
  ]);
  cpSync(join(root, 'packages/lab/exercises'), join(dist, 'exercises'), { recursive: true });
  writeFileSync(stampFile, stamp);
  return true;
}

async function bundle(esbuild, name, entryPoints, manifest) {
  const outdir = join(dist, 'bundles', name);
  await esbuild.build({ ...common, absWorkingDir: root, entryPoints, outdir });
  cpSync(join(root, manifest), join(outdir, 'bundle.json'));
}

/** A hash over every file that can change what is built. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = ['package-lock.json', 'scripts/build.mjs'].map((f) => join(root, f));
  for (const folder of ['packages', 'understudies', 'apps']) collect(join(root, folder), files);
  for (const file of files.toSorted((a, b) => (a < b ? -1 : 1))) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function collect(folder, files) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) collect(path, files);
    else if (!/\.(test|suite)\.ts$|\.md$/.test(entry.name)) files.push(path);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const built = await build();
  console.log(built ? 'built dist/' : 'dist/ is up to date');
}
