// The program behind the measurement `scale`: nodes and pods as its arguments, the figures as JSON.
import { scaleFigures } from './scale.ts';

const [nodes = 0, pods = 0] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(await scaleFigures(nodes, pods)));
process.exit(0);
