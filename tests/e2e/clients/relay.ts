// A relay in front of a lab's server, whose connections a test may cut: what happens on networks.
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestLab } from '../harness.ts';

export interface Relay extends AsyncDisposable {
  /** A kubeconfig for the lab by way of this relay. */
  readonly kubeconfig: string;
  /** Breaks off every connection; new ones go through. */
  cut(): void;
}

/** Listens on a free port of 127.0.0.1, for which the lab's certificate is good. */
export async function relayTo(lab: TestLab): Promise<Relay> {
  const direct = readFileSync(lab.kubeconfig, 'utf8');
  const port = Number(/server: https:\/\/127\.0\.0\.1:(\d+)/.exec(direct)?.[1]);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the relay has no address');
  const kubeconfig = join(lab.home.path, 'relayed.kubeconfig');
  writeFileSync(kubeconfig, direct.replace(`127.0.0.1:${port}`, `127.0.0.1:${address.port}`), { mode: 0o600 });
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    kubeconfig,
    cut,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** A pod of the image `test/shell` that waits. */
export const SHELL = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'shell' },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'test/shell:1', command: ['/bin/sh', '-c', 'sleep 1234'] }] },
};
