// Checks that dependencies point one way only (docs/architecture.md) and that no modules import each other in a circle.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** What each place may import, besides what those places may import themselves. */
const MAY_IMPORT = {
  'packages/clock': [],
  'packages/schema': ['packages/clock'],
  'packages/store': ['packages/clock'],
  'packages/client': ['packages/schema', 'packages/clock'],
  'packages/controller': ['packages/client'],
  'packages/advise': ['packages/controller'],
  'packages/apiserver': ['packages/schema', 'packages/store'],
  'packages/controllers': ['packages/controller'],
  'packages/scheduler': ['packages/controller'],
  'packages/agent': ['packages/controller'],
  'packages/operator': ['packages/controller'],
  'packages/lab': ['packages/apiserver', 'packages/controllers', 'packages/scheduler', 'packages/agent', 'packages/operator'],
  'understudies/cockroach': ['packages/clock'],
  'apps/holdfast': ['packages/lab', 'packages/advise'],
};

const places = ['packages', 'understudies', 'apps'].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
const unknown = places.filter((place) => !(place in MAY_IMPORT));
if (unknown.length > 0)
  fail(`no layer is given for ${unknown.join(', ')}: add it to MAY_IMPORT in scripts/check-layers.mjs and to docs/architecture.md`);

const forbidden = places.map((place) => ({
  name: `layer-of-${place.replace('/', '-')}`,
  severity: 'error',
  from: { path: `^${place}/`, pathNot: '\\.(test|suite)\\.ts$|/test/' },
  to: { path: '^(packages|understudies|apps)/', pathNot: [place, ...reachable(place)].map((allowed) => `^${allowed}/`).join('|') },
}));
forbidden.push({ name: 'no-circle', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } });

const { output } = await cruise(
  places.map((place) => join(place, 'src')),
  {
    parser: 'swc',
    ruleSet: { forbidden },
    validate: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.(test|suite)\\.ts$' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'], extensions: ['.ts', '.mjs', '.js'] },
  },
);
const { totalCruised, violations } = output.summary;
if (totalCruised === 0) fail('the layer check looked at 0 modules: its parser is missing, so it proves nothing');
const crossing = output.modules
  .flatMap((module) => module.dependencies)
  .filter((dependency) => dependency.resolved.startsWith('packages/'));
if (crossing.length === 0) fail('the layer check resolved no import between packages, so it proves nothing');
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} must not import ${to}`);
if (violations.length > 0) fail(`${violations.length} forbidden imports`);
console.log(`layers: ${totalCruised} modules, no forbidden import, no circle`);

function reachable(place) {
  const seen = new Set();
  const queue = [...MAY_IMPORT[place]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...MAY_IMPORT[next]);
  }
  return [...seen];
}

function fail(sentence) {
  console.error(`holdfast: ${sentence}`);
  process.exit(1);
}
