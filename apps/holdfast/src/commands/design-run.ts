// What `holdfast design` does: take wishes, ask for those that are missing, print manifests or the reason for none.
import { createInterface } from 'node:readline/promises';
import { design, DESIGNED, DesignError, PROVIDERS } from '@holdfast/advise/design';
import type { Environment } from '../environment.ts';

/** Options as the command line gives them. */
export interface DesignOptions {
  readonly engine?: string;
  readonly name: string;
  readonly namespace: string;
  readonly instances: string;
  readonly size?: string;
  readonly storage?: string;
  readonly provider?: string;
  readonly nodes?: string;
  readonly iops: string;
  readonly survive: string;
  readonly bucket?: string;
}

/** Asks one question; undefined where there is nobody to ask. */
export type Ask = ((question: string) => Promise<string>) | undefined;

/** Exit status: 0 written, 2 refused. */
export async function runDesign({ stdout, stderr }: Environment, options: DesignOptions, ask: Ask = terminal()): Promise<number> {
  const wanted = async (flag: string, given: string | undefined, question: string): Promise<string> => {
    const answer = given ?? (await ask?.(`${question}: `))?.trim();
    if (!answer) throw new DesignError(`--${flag} is missing: ${question}`);
    return answer;
  };
  const oneOf = <T extends string>(flag: string, value: string, allowed: readonly T[]): T => {
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw new DesignError(`--${flag} ${value} is none of ${allowed.join(', ')}`);
    return found;
  };
  const number = (flag: string, value: string): number => {
    if (!/^\d{1,9}$/.test(value)) throw new DesignError(`--${flag} ${value} is no number`);
    return Number(value);
  };
  try {
    const engine = oneOf('engine', await wanted('engine', options.engine, `which engine (${DESIGNED.join(', ')})`), DESIGNED);
    const storage = oneOf('storage', await wanted('storage', options.storage, 'local or network storage'), ['local', 'network']);
    const size = await wanted('size', options.size, 'how large is the storage of each instance, such as 100Gi');
    const network = storage === 'network';
    const provider = network ? await wanted('provider', options.provider, `whose disks (${PROVIDERS.join(', ')})`) : undefined;
    const nodes = network ? '' : await wanted('nodes', options.nodes, 'which nodes have a disk, with commas between');
    const toBucket = ['postgresql', 'mysql', 'mongodb'].includes(engine);
    const text = design({
      engine,
      storage,
      size,
      name: options.name,
      namespace: options.namespace,
      instances: number('instances', options.instances),
      provider: provider === undefined ? undefined : oneOf('provider', provider, PROVIDERS),
      nodes: nodes === '' ? [] : nodes.split(',').map((node) => node.trim()),
      iops: number('iops', options.iops),
      survive: oneOf('survive', options.survive, ['node', 'zone']),
      bucket: toBucket ? await wanted('bucket', options.bucket, 'where backups go (s3://name/path)') : undefined,
    });
    stdout.write(text);
    return 0;
  } catch (error) {
    if (!(error instanceof DesignError)) throw error;
    stderr.write(`holdfast: ${error.message}\n`);
    return 2;
  }
}

/** Questions go to standard error: standard output is the manifest. */
function terminal(): Ask {
  if (!process.stdin.isTTY) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  };
}
