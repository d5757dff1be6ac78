// The program of the lab's background process; started by `holdfast lab up` and `lab run`, never by hand.
import { dirname, basename } from 'node:path';
import { reapOrphans } from '@holdfast/agent';
import { type DaemonMessage, type RunningLab, startLab } from '@holdfast/lab/daemon';
import { labFolder } from '@holdfast/lab/state';

const folderPath = process.argv[process.argv.indexOf('--folder') + 1] ?? '';
const ephemeral = process.argv.includes('--ephemeral');
// <state root>/labs/<name>
const folder = labFolder(dirname(dirname(folderPath)), basename(folderPath));

// A terminal that closes must not take the lab along.
process.on('SIGHUP', () => undefined);
let running: RunningLab | undefined;
let stopping = false;

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
// The maker of an ephemeral lab takes it along. Of any other it is told that the lab is there; one that ends before leaves nobody who would know.
process.on('disconnect', () => {
  if (ephemeral || !running) stop();
});
// It may have ended before anybody listened.
if (!process.connected) stop();

try {
  running = await startLab(folder);
  tell({ type: 'ready' });
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect?.();
}

function stop(): void {
  if (stopping) return;
  stopping = true;
  // A start that hangs must not keep the process: what it has begun of pods is ended, and the state on disk is good at any moment.
  const ended = running ? running.stop() : reapOrphans(folder.nodes).then(() => (process.exitCode = 1));
  ended.then(
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
