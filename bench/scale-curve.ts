// The time per pod from 1,000 pods on, five to a node, and its picture beside docs/benchmarks.md. Run: npm run bench -- scale-curve
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apart } from './apart.ts';

const PODS_ON_A_NODE = 5;
const PICTURE = fileURLToPath(new URL('../docs/pods-ready.svg', import.meta.url));

interface Point {
  readonly pods: number;
  readonly msPerPod: number;
  readonly cpuMsPerPod: number;
  readonly memoryMiB: number;
}

/** Each size in a process of its own. HOLDFAST_PODS: the sizes, with commas between (default 1000,2000,5000). */
export async function scaleCurveFigures(): Promise<Readonly<Record<string, number>>> {
  const sizes = (process.env['HOLDFAST_PODS'] ?? '1000,2000,5000').split(',').map(Number);
  const points: Point[] = [];
  for (const pods of sizes) points.push(await measure(pods));
  writeFileSync(PICTURE, svgOf(points));
  return Object.fromEntries(
    points.flatMap(({ pods, msPerPod, cpuMsPerPod, memoryMiB }) => [
      [`ms per pod (${pods} pods)`, msPerPod],
      [`ms of CPU per pod (${pods} pods)`, cpuMsPerPod],
      [`MiB (${pods} pods)`, memoryMiB],
    ]),
  );
}

async function measure(pods: number): Promise<Point> {
  // Node's own limit of the heap is a share of the machine's memory, too little for the largest sizes.
  const { podsReadyMs, podsReadyCpuMs, memoryMiB } = await apart('scale', [pods / PODS_ON_A_NODE, pods], ['--max-old-space-size=8192']);
  return { pods, msPerPod: podsReadyMs / pods, cpuMsPerPod: podsReadyCpuMs / pods, memoryMiB };
}

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = 56;

/** Pods on a logarithmic axis, milliseconds of CPU per pod on a linear one from zero: other work on the machine moves them least. */
function svgOf(points: readonly Point[]): string {
  const most = Math.max(...points.map(({ cpuMsPerPod }) => cpuMsPerPod)) * 1.2;
  const [low, high] = [Math.log10(points[0]?.pods ?? 1), Math.log10(points.at(-1)?.pods ?? 10)];
  const x = (pods: number): number => MARGIN + ((Math.log10(pods) - low) / (high - low || 1)) * (WIDTH - 2 * MARGIN);
  const y = (ms: number): number => HEIGHT - MARGIN - (ms / most) * (HEIGHT - 2 * MARGIN);
  const line = points.map(({ pods, cpuMsPerPod }) => `${x(pods).toFixed(1)},${y(cpuMsPerPod).toFixed(1)}`).join(' ');
  const marks = points.map(
    ({ pods, cpuMsPerPod }) =>
      `  <circle cx="${x(pods).toFixed(1)}" cy="${y(cpuMsPerPod).toFixed(1)}" r="4" fill="#2a6f97"/>\n` +
      `  <text x="${x(pods).toFixed(1)}" y="${(y(cpuMsPerPod) - 10).toFixed(1)}" text-anchor="middle">${cpuMsPerPod.toFixed(2)}</text>\n` +
      `  <text x="${x(pods).toFixed(1)}" y="${HEIGHT - MARGIN + 18}" text-anchor="middle">${pods.toLocaleString('en')}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
  <rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
  <text x="${WIDTH / 2}" y="20" text-anchor="middle">Milliseconds of CPU per pod until all pods are Ready, five pods to a simulated node</text>
  <line x1="${MARGIN}" y1="${HEIGHT - MARGIN}" x2="${WIDTH - MARGIN}" y2="${HEIGHT - MARGIN}" stroke="black"/>
  <line x1="${MARGIN}" y1="${MARGIN}" x2="${MARGIN}" y2="${HEIGHT - MARGIN}" stroke="black"/>
  <polyline points="${line}" fill="none" stroke="#2a6f97" stroke-width="2"/>
${marks.join('\n')}
  <text x="${WIDTH / 2}" y="${HEIGHT - 10}" text-anchor="middle">pods</text>
</svg>
`;
}
