// What envtest does: files and flags as it passes them, /healthz, then an administrator with a client certificate.
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPki } from '@holdfast/apiserver';
import { createClient, httpsTransport, loadKubeconfig } from '@holdfast/client';
import { systemClock, systemRandom } from '@holdfast/clock';
import { CONFIGMAPS, PODS, SERVICEACCOUNTS } from '@holdfast/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runEtcd } from './etcd.ts';
import { ignoredFlags, parseGoFlags } from './flags.ts';
import { runKubeApiServer } from './kube-apiserver.ts';
import { writeAssets } from './write-assets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-envtest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function status(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).once('error', reject);
  });
}

describe('kube-apiserver for envtest', () => {
  it('takes its flags, is healthy, and knows an administrator by certificate', async () => {
    const clock = systemClock();
    const random = systemRandom();
    // envtest has one authority for the server and another one for clients.
    const [servers, clients] = [await createPki({ clock, random }), await createPki({ clock, random })];
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    write('apiserver.crt', servers.serving.certificate);
    write('apiserver.key', servers.serving.key);
    const signer = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const said: string[] = [];
    const server = await runKubeApiServer(
      [
        '--advertise-address=127.0.0.1',
        '--allow-privileged=true',
        '--authorization-mode=RBAC',
        '--bind-address=127.0.0.1',
        `--cert-dir=${folder}`,
        `--client-ca-file=${write('client-cert-auth-ca.crt', clients.caCertificate)}`,
        '--disable-admission-plugins=ServiceAccount',
        '--etcd-servers=http://127.0.0.1:2379',
        '--secure-port=0',
        '--service-account-issuer=https://127.0.0.1/',
        `--service-account-key-file=${write('sa-signer.crt', '')}`,
        `--service-account-signing-key-file=${write('sa-signer.key', signer)}`,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--feature-gates=AllAlpha=true',
      ],
      { clock, random, say: (line) => said.push(line) },
    );
    try {
      expect(said).toEqual(['Warning: --feature-gates has no effect on this API server']);
      expect(await status(server.port, '/healthz')).toBe(200);
      expect(await status(server.port, '/api/v1/pods')).toBe(401);
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const kubeconfig = write(
        'kubeconfig',
        JSON.stringify({
          'current-context': 'c',
          contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
          clusters: [
            {
              name: 'c',
              cluster: { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': base64(servers.caCertificate) },
            },
          ],
          users: [
            {
              name: 'u',
              user: { 'client-certificate-data': base64(clients.admin.certificate), 'client-key-data': base64(clients.admin.key) },
            },
          ],
        }),
      );
      const client = createClient(httpsTransport(await loadKubeconfig(kubeconfig)));
      const made = await client.create(CONFIGMAPS, { metadata: { name: 'a', namespace: 'default' }, data: { x: '1' } });
      expect(made.metadata.resourceVersion).toBeDefined();
      const pod = await client.create(PODS, {
        metadata: { name: 'p', namespace: 'default' },
        spec: { containers: [{ name: 'c', image: 'x' }] },
      });
      expect(pod.spec?.volumes).toBeUndefined();
      const answer = await client.createSubresource(SERVICEACCOUNTS, { namespace: 'default', name: 'default' }, 'token', { spec: {} });
      const { token } = (answer as unknown as { readonly status: { readonly token: string } }).status;
      const [head = '', body = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
      expect(head).toContain('RS256');
      expect(JSON.parse(body)).toMatchObject({ iss: 'https://127.0.0.1/' });
    } finally {
      await server.close();
    }
  });

  it('says which flag names a file that is not there', async () => {
    const context = { clock: systemClock(), random: systemRandom(), say: () => undefined };
    await expect(runKubeApiServer([`--client-ca-file=${folder}/nothing`, '--secure-port=0'], context)).rejects.toThrow(
      '--client-ca-file: ',
    );
    await expect(runKubeApiServer(['--secure-port=abc'], context)).rejects.toThrow(
      '--secure-port must be a port number, and "abc" is none',
    );
  });
});

describe('etcd for envtest', () => {
  it('is healthy on its client URL', async () => {
    const etcd = await runEtcd(['--listen-client-urls=http://127.0.0.1:0', `--data-dir=${folder}`, '--unsafe-no-fsync=true']);
    const answer = await fetch(`http://127.0.0.1:${etcd.port}/health`);
    expect(await answer.json()).toMatchObject({ health: 'true' });
    await etcd.close();
  });
});

describe('flags', () => {
  it('are read as Go reads them', () => {
    const flags = parseGoFlags(['--a=1', '-b', '2', '--c', '--a=3', '--v=4']);
    expect([...flags]).toEqual([
      ['a', ['1', '3']],
      ['b', ['2']],
      ['c', ['true']],
      ['v', ['4']],
    ]);
    expect(ignoredFlags(flags, ['a', 'b'])).toEqual(['c']);
  });
});

describe('writeAssets', () => {
  it('writes executables that pass their flags on', () => {
    const program = join(folder, "it's.mjs");
    writeFileSync(program, 'console.log(JSON.stringify(process.argv.slice(2)))');
    const assets = join(folder, 'assets');
    expect(writeAssets({ folder: assets, node: process.execPath, program })).toEqual(['kube-apiserver', 'etcd']);
    const { stdout } = spawnSync(join(assets, 'kube-apiserver'), ['--cert-dir=a b', '--x'], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(['envtest', 'run', 'kube-apiserver', '--', '--cert-dir=a b', '--x']);
    expect(statSync(join(assets, 'etcd')).mode & 0o111).toBe(0o111);
  });
});
