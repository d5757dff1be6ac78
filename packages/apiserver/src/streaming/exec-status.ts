// How an exec ended, as a Status on its error channel.
import { type ExecResult, type ExecStreams, internalError, StatusError, type StatusObject } from '@holdfast/schema';

/** Runs a command to its end; what goes wrong is a Status too. */
export async function execStatus(
  start: (streams: ExecStreams) => Promise<ExecResult>,
  streams: ExecStreams,
  onBug: (error: unknown) => void,
): Promise<unknown> {
  try {
    return statusOf(await start(streams));
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    if (!streams.signal.aborted) onBug(error);
    return internalError(error).status;
  }
}

/** As kubelets write it: a success has neither kind nor code. */
function statusOf(result: ExecResult): Omit<StatusObject, 'kind' | 'apiVersion'> {
  if ('error' in result) return internalError(new Error(result.error)).status;
  if (result.exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${result.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(result.exitCode) }] },
  };
}

/** A terminal's size as clients send it, `{"Width": 80, "Height": 24}`; undefined when it cannot be read: nothing changes then. */
export function terminalSize(payload: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;
    return typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}
