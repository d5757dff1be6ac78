// The addresses of a node's pods: pods are processes of this machine and listen at them.
import { createServer } from 'node:net';
import { podRangePrefix } from '@holdfast/agent';
import { LabError } from '@holdfast/lab';

/** The range, when pods can have its addresses. Throws LabError with what is wrong with it and what to do. */
export async function podRange(cidr: string): Promise<string> {
  const prefix = podRangePrefix(cidr);
  if (prefix === undefined)
    throw new LabError(`--pod-cidr: ${JSON.stringify(cidr)} is no IPv4 range that ends in .0/24, such as 127.70.1.0/24`);
  const address = `${prefix}.2`;
  const problem = await cannotListen(address);
  if (problem !== undefined)
    throw new LabError(
      `--pod-cidr: pods are processes of this machine, which cannot listen at ${address} (${problem}): give the machine the range, as root with \`ip addr add ${prefix}.1/24 dev lo\`, or use one within 127.0.0.0/8`,
    );
  return cidr;
}

function cannotListen(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(undefined)));
  });
}
