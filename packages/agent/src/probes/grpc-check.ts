// grpc.health.v1.Health/Check over cleartext HTTP/2, which is all of gRPC that a probe needs.
import { connect, constants } from 'node:http2';
import type { Clock } from '@holdfast/clock';
import type { GRPCAction } from '@holdfast/schema';
import type { ProbeOutcome } from '../runtime/runtime.ts';

const SERVING = 1;
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Succeeds when the service named by the action (or the whole server) reports SERVING. Never rejects. */
export function checkGrpc(action: GRPCAction, host: string, timeoutMs: number, clock: Clock): Promise<ProbeOutcome> {
  const address = `${host}:${action.port}`;
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const finish = (success: boolean, message: string): void => {
      cancel();
      session.destroy();
      resolve({ success, message });
    };
    const cancel = clock.after(timeoutMs, () =>
      finish(false, `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`),
    );
    session.on('error', () =>
      finish(false, `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: connection refused`),
    );
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.32',
      te: 'trailers',
    });
    const chunks: Uint8Array[] = [];
    let grpcStatus = '0';
    const noteStatus = (headers: Readonly<Record<string, unknown>>): void => {
      const status = headers['grpc-status'];
      if (typeof status === 'string' || typeof status === 'number') grpcStatus = String(status);
    };
    stream.on('response', noteStatus);
    stream.on('trailers', noteStatus);
    stream.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    stream.on('error', () => finish(false, `error: health rpc failed: connection to "${address}" was lost`));
    stream.on('end', () => {
      if (grpcStatus === '12') finish(false, 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)');
      else if (grpcStatus !== '0') finish(false, `error: health rpc failed with status ${grpcStatus}`);
      else {
        const status = healthStatus(Buffer.concat(chunks));
        finish(status === SERVING, status === SERVING ? '' : `service unhealthy (responded with "${STATUS_NAMES[status] ?? status}")`);
      }
    });
    stream.end(frame(action.service ?? ''));
  });
}

/** HealthCheckRequest { string service = 1 } in a gRPC frame; names are shorter than 128 bytes. */
function frame(service: string): Uint8Array {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
}

/** HealthCheckResponse { ServingStatus status = 1 }: 0 when absent. */
function healthStatus(bytes: Uint8Array): number {
  return bytes[5] === 0x08 ? (bytes[6] ?? 0) : 0;
}
