// The program behind the measurements that run apart: a name and its arguments in, figures as JSON out.
import { idleHourFigures } from './idle-hour.ts';
import { scaleFigures } from './scale.ts';
import { statefulSetMs } from './statefulset.ts';

const measurements = { scale: scaleFigures, statefulset: statefulSetMs, 'idle-hour': idleHourFigures } as const;

export type ApartMeasurements = typeof measurements;

const [name = '', args = '[]'] = process.argv.slice(2);
const measure = (measurements as Readonly<Record<string, (...given: never[]) => Promise<unknown>>>)[name];
if (!measure) throw new Error(`no measurement ${JSON.stringify(name)}: there are ${Object.keys(measurements).join(', ')}`);
console.log(JSON.stringify(await measure(...(JSON.parse(args) as never[]))));
process.exit(0);
