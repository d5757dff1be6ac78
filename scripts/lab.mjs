// `npm run lab`: sets up what is missing, then runs the CockroachDB exercise. Arguments go to `holdfast lab run cockroachdb`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

await bootstrap();
const child = spawn(process.execPath, [join(root, 'dist', 'holdfast.mjs'), 'lab', 'run', 'cockroachdb', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
