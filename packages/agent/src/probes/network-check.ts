// The checks of a probe that go over the network, with the words that the kubelet's prober has for each failure.
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock } from '@holdfast/clock';
import type { HTTPGetAction } from '@holdfast/schema';
import type { ProbeAction, ProbeOutcome } from '../runtime/runtime.ts';
import { checkGrpc } from './grpc-check.ts';

const USER_AGENT = 'kube-probe/1.32';

/** Runs one check against `podIp` (or the host that the action names). Never rejects. */
export function checkNetwork(
  action: Exclude<ProbeAction, { kind: 'exec' }>,
  podIp: string,
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeOutcome> {
  switch (action.kind) {
    case 'httpGet':
      return checkHttp(action.httpGet, action.httpGet.host || podIp, action.port, timeoutMs, clock);
    case 'tcpSocket':
      return checkTcp(action.tcpSocket.host || podIp, action.port, timeoutMs, clock);
    case 'grpc':
      return checkGrpc(action.grpc, podIp, timeoutMs, clock);
  }
}

/** The sentence Go's dialer has for a failure to connect. */
export function dialError(host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    ECONNRESET: 'read: connection reset by peer',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'i/o timeout',
  };
  return `dial tcp ${host}:${port}: ${words[code] ?? (error instanceof Error ? error.message : String(error))}`;
}

function checkTcp(host: string, port: number, timeoutMs: number, clock: Clock): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (success: boolean, message: string): void => {
      cancel();
      socket.destroy();
      resolve({ success, message });
    };
    const cancel = clock.after(timeoutMs, () => finish(false, `dial tcp ${host}:${port}: i/o timeout`));
    socket.once('connect', () => finish(true, ''));
    socket.on('error', (error) => finish(false, dialError(host, port, error)));
  });
}

function checkHttp(action: HTTPGetAction, host: string, port: number, timeoutMs: number, clock: Clock): Promise<ProbeOutcome> {
  const secure = action.scheme === 'HTTPS';
  const path = (action.path ?? '/').startsWith('/') ? (action.path ?? '/') : `/${action.path}`;
  const url = `${secure ? 'https' : 'http'}://${host}:${port}${path}`;
  const headers: Record<string, string> = { 'User-Agent': USER_AGENT, Accept: '*/*', Connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  return new Promise((resolve) => {
    const answer = (response: IncomingMessage): void => {
      const status = response.statusCode ?? 0;
      response.resume();
      if (status >= 200 && status < 400) finish(true, '');
      else finish(false, `HTTP probe failed with statuscode: ${status}`);
    };
    const options = { host, port, path, method: 'GET', headers, agent: false, rejectUnauthorized: false };
    const request = (secure ? httpsRequest : httpRequest)(options, answer);
    let ended = false;
    const finish = (success: boolean, message: string): void => {
      if (ended) return;
      ended = true;
      cancel();
      request.destroy();
      resolve({ success, message });
    };
    const cancel = clock.after(timeoutMs, () =>
      finish(false, `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
    );
    request.on('error', (error) => finish(false, `Get "${url}": ${dialError(host, port, error)}`));
    request.end();
  });
}
