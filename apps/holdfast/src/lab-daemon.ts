// The program of the lab's background process; started by `holdfast lab up` and `lab run`, never by hand.
import { dirname, basename } from 'node:path';
import { type DaemonMessage, startLab } from '@holdfast/lab/daemon';
import { labFolder } from '@holdfast/lab/state';

const folderPath = process.argv[process.argv.indexOf('--folder') + 1] ?? '';
const ephemeral = process.argv.includes('--ephemeral');
// <state root>/labs/<name>
const folder = labFolder(dirname(dirname(folderPath)), basename(folderPath));

// A terminal that closes must not take the lab along.
process.on('SIGHUP', () => undefined);
let stopping: Promise<void> | undefined;
let wanted = true;

const lab = startLab(folder).then(
  (running) => {
    tell({ type: 'ready' });
    if (!wanted) stop();
    return running;
  },
  (error: unknown) => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
    return undefined;
  },
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
if (ephemeral) process.on('disconnect', stop);

function stop(): void {
  wanted = false;
  stopping ??= lab
    .then((running) => running?.stop())
    .then(
      () => process.exit(),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
}

function tell(message: DaemonMessage): void {
  if (process.connected) process.send?.(message);
}
