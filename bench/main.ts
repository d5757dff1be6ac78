// Runs the measurements named on the command line, or all, several times each, and prints minimum, median and maximum.
import { systemClock } from '@holdfast/clock';
import { apart } from './apart.ts';
import { largeStateFigures, podTableFigures, requestFigures, watchLatencyFigures } from './api-server.ts';
import { checkClusterFigures, checkFigures } from './check.ts';
import { scaleCurveFigures } from './scale-curve.ts';
import { brokenRuleFigures, historyFigures, sameTraceFigures } from './simulate.ts';
import { managedFieldsFigures } from './managed-fields.ts';
import { labUpFigures } from './lab-up.ts';
import { stallFigures } from './stalls.ts';
import { watcherFigures } from './watchers.ts';

/** The room for short-lived objects that the threads of `holdfast simulate` have. */
const SIMULATION = ['--max-semi-space-size=64'];
const RUNS = Number(process.env['HOLDFAST_BENCH_RUNS'] ?? 5);

type Figures = Readonly<Record<string, number>>;

const measurements: Readonly<Record<string, () => Promise<Figures>>> = {
  'api-server': () => requestFigures(systemClock()),
  check: async () => checkFigures(),
  'check-cluster': () => checkClusterFigures(),
  'large-state': largeStateFigures,
  'pod-table': podTableFigures,
  'watch-latency': watchLatencyFigures,
  watchers: watcherFigures,
  stalls: stallFigures,
  'lab-up': async () => ({ ...(await labUpFigures(systemClock())) }),
  'managed-fields': async () => ({ ...(await managedFieldsFigures(systemClock())) }),
  statefulset: async () => ({
    'orderedMs (50 replicas, local volumes)': await apart('statefulset', ['OrderedReady']),
    'parallelMs (50 replicas, local volumes)': await apart('statefulset', ['Parallel']),
  }),
};

/** Long ones: measured once, and only when they are named. */
const long: Readonly<Record<string, () => Promise<Figures>>> = {
  scale: async () => ({ ...(await apart('scale', [1000, 5000])) }),
  'scale-curve': scaleCurveFigures,
  simulate: () => historyFigures(systemClock()),
  'simulate-idle': async () => ({ ...(await apart('idle-hour', [], SIMULATION)) }),
  'simulate-trace': sameTraceFigures,
  'simulate-rules': brokenRuleFigures,
};

const wanted = process.argv.slice(2);
for (const [name, measure] of Object.entries(long)) {
  if (!wanted.includes(name)) continue;
  for (const [figure, value] of Object.entries(await measure())) console.log(`${name}  ${figure}: ${Number(value.toPrecision(4))}`);
}
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const runs: Figures[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure());
  for (const figure of Object.keys(runs[0] ?? {})) {
    const values = runs.map((run) => run[figure] ?? Number.NaN).toSorted((a, b) => a - b);
    console.log(
      `${name}  ${figure}: min ${round(values[0])}  median ${round(values[Math.floor(values.length / 2)])}  max ${round(values.at(-1))}`,
    );
  }
}
process.exit(0);

function round(value: number | undefined): string {
  return (value ?? Number.NaN).toPrecision(3);
}
