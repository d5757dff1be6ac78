// Starts a real cockroach in a pod of the process runtime: `real-launcher.mjs <program> <arguments>`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fitArguments } from './cli/fit-real.ts';

const [program = '', ...args] = process.argv.slice(2);
const fitted = fitArguments(args, { podIp: process.env['HOLDFAST_POD_IP'] || '127.0.0.1', root: process.env['HOLDFAST_CONTAINER_ROOT'] });
const child = spawn(program, fitted, { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`cannot run ${program}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
