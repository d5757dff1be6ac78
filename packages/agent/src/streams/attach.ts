// Attaching to a container: its output from now on, until it ends.
import { type ExecResult, type ExecStreams, failure, type StreamOptions } from '@holdfast/schema';
import type { RunningContainer } from '../runtime/runtime.ts';

/**
 * Follows the container's log and resolves when the container has ended or the caller has gone. As with any kubelet, the exit
 * code of the process is not reported. Containers here have no standard input and no terminal of their own: asking for one is
 * refused, since nobody would read what is typed.
 */
export async function attachToLog(container: RunningContainer, options: StreamOptions, streams: ExecStreams): Promise<ExecResult> {
  if (options.stdin || options.tty) {
    throw failure(
      501,
      'NotImplemented',
      'the containers of this node have no standard input that could be attached to: attach without -i and -t, or use exec',
    );
  }
  const { signal } = streams;
  for await (const chunk of container.log.read({ follow: true, tailLines: 0 }, signal)) {
    await (options.stdout ? streams.stdout(chunk) : streams.stderr(chunk));
  }
  if (!signal.aborted) {
    await Promise.race([
      container.exited,
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    ]);
  }
  return { exitCode: 0 };
}
