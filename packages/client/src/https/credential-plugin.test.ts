import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@holdfast/clock';
import { NODES } from '@holdfast/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { createClient } from '../create-client.ts';
import { loadKubeconfig } from '../kubeconfig.ts';
import { httpsTransport } from './transport.ts';

const V1 = 'client.authentication.k8s.io/v1';
const START = Date.UTC(2026, 0, 1);

let folder: string;
let clock: FakeClock;
let seen: string[];
/** Tokens that the server takes. */
let good: string[];
let close: () => Promise<void>;
let url: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-plugin-'));
  clock = new FakeClock(START);
  seen = [];
  good = ['token-1'];
  const server = createServer((request: IncomingMessage, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? 'none';
    seen.push(token);
    const ok = good.includes(token);
    const body = ok
      ? { kind: 'NodeList', apiVersion: 'v1', metadata: {}, items: [] }
      : { kind: 'Status', status: 'Failure', code: 401, reason: 'Unauthorized', message: 'Unauthorized' };
    response.writeHead(ok ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});

afterEach(async () => {
  await close();
  await rm(folder, { recursive: true });
});

/** A client whose kubeconfig names a shell script as its plugin. The script's calls are counted in a file. */
async function clientWith(script: string, exec: object = {}): Promise<Client> {
  const program = join(folder, 'plugin.sh');
  await writeFile(program, `#!/bin/sh\necho call >> ${folder}/calls\n${script}\n`);
  await chmod(program, 0o700);
  const kubeconfig = join(folder, 'config');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'c',
      clusters: [
        { name: 'c', cluster: { server: url, extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }] } },
      ],
      users: [{ name: 'u', user: { exec: { apiVersion: V1, command: './plugin.sh', ...exec } } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  return createClient(httpsTransport({ ...(await loadKubeconfig(kubeconfig)), clock }));
}

const says = (status: string): string => `echo '{"kind":"ExecCredential","apiVersion":"${V1}","status":${status}}'`;
const calls = async (): Promise<number> => (await readFile(join(folder, 'calls'), 'utf8')).split('\n').length - 1;

describe('a credential plugin', () => {
  test('is asked once, for all requests', async () => {
    const client = await clientWith(says('{"token":"token-1"}'));
    await Promise.all([client.list(NODES), client.list(NODES)]);
    await client.list(NODES);
    expect(seen).toEqual(['token-1', 'token-1', 'token-1']);
    expect(await calls()).toBe(1);
  });

  test('is asked again when its token has expired', async () => {
    good = ['token-1', 'token-2'];
    const until = new Date(START + 60_000).toISOString();
    const client = await clientWith(
      `if [ $(wc -l < ${folder}/calls) = 1 ]; then ${says(`{"token":"token-1","expirationTimestamp":"${until}"}`)}; else ${says('{"token":"token-2"}')}; fi`,
    );
    await client.list(NODES);
    await clock.advance(59_000);
    await client.list(NODES);
    await clock.advance(1_000);
    await client.list(NODES);
    expect(seen).toEqual(['token-1', 'token-1', 'token-2']);
  });

  test('is asked once more when the server does not take its token, and not for ever', async () => {
    const client = await clientWith(
      `if [ $(wc -l < ${folder}/calls) = 1 ]; then ${says('{"token":"old"}')}; else ${says('{"token":"token-1"}')}; fi`,
    );
    await client.list(NODES);
    expect(seen).toEqual(['old', 'token-1']);
    good = [];
    await expect(client.list(NODES)).rejects.toMatchObject({ code: 401 });
    expect(await calls()).toBe(3);
  });

  test('is told of the cluster where the kubeconfig wants it, and has its environment and arguments', async () => {
    const client = await clientWith(
      `echo "$KUBERNETES_EXEC_INFO" > ${folder}/info; echo "$1 $NAME" > ${folder}/given; ${says('{"token":"token-1"}')}`,
      {
        provideClusterInfo: true,
        args: ['get-token'],
        env: [{ name: 'NAME', value: 'me' }],
      },
    );
    await client.list(NODES);
    expect(JSON.parse(await readFile(join(folder, 'info'), 'utf8'))).toEqual({
      kind: 'ExecCredential',
      apiVersion: V1,
      spec: { interactive: false, cluster: { server: url, config: { audience: 'x' } } },
    });
    expect(await readFile(join(folder, 'given'), 'utf8')).toBe('get-token me\n');
  });

  test.each([
    ['echo "login first" >&2; exit 3', {}, 'user "u": the credential plugin ./plugin.sh failed (exit status 3): login first'],
    ['echo secret-token', {}, 'did not print an ExecCredential'],
    [says('{}'), {}, 'gave neither a token nor a certificate'],
    [says('{"clientCertificateData":"x"}'), {}, 'gave a certificate or a key without the other'],
    [says('{"token":"t"}').replace('/v1', '/v1beta1'), {}, `where the kubeconfig asks for ${V1}`],
    [
      '',
      { command: 'no-such-plugin', installHint: 'get it from example.com' },
      /no-such-plugin could not be started \(spawn no-such-plugin E[A-Z]+\): get it from example\.com/,
    ],
  ])('that fails is named, with what it said: %s', async (script, exec, message) => {
    const failure = await (await clientWith(script, exec)).list(NODES).catch((error: unknown) => error);
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toContain('secret-token');
    expect(seen).toEqual([]);
  });
});
