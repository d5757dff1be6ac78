// Fits the command line of a real cockroach to the process runtime, where a pod has an address of its own but shares the host's network and files.

export interface Surroundings {
  readonly podIp: string;
  /** The container's root folder on this machine; undefined outside of the process runtime. */
  readonly root: string | undefined;
}

const LISTEN_FLAGS = ['listen-addr', 'sql-addr', 'http-addr', 'advertise-addr', 'advertise-sql-addr', 'advertise-http-addr'];

/**
 * The arguments that make the program do in the pod what the given ones do in a container: addresses without a host get the pod's
 * own, `localhost` as well, and a store is put on the pod's volume.
 */
export function fitArguments(args: readonly string[], { podIp, root }: Surroundings): readonly string[] {
  const [command = ''] = args;
  const fitted = args.map((arg) => {
    const match = /^--([a-z-]+)=(.*)$/.exec(arg);
    if (!match) return arg;
    const [, name = '', value = ''] = match;
    if (LISTEN_FLAGS.includes(name) || name === 'host') return `--${name}=${withHost(value, podIp)}`;
    if (name === 'store') return `--store=${inRoot(value, root)}`;
    return arg;
  });
  const has = (name: string): boolean => fitted.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (command === 'start' || command === 'start-single-node') {
    const port = fitted.find((arg) => arg.startsWith('--http-port='))?.slice('--http-port='.length) ?? '8080';
    return [
      ...fitted.filter((arg) => !arg.startsWith('--http-port=')),
      ...(has('listen-addr') ? [] : [`--listen-addr=${podIp}:26257`]),
      ...(has('http-addr') ? [] : [`--http-addr=${podIp}:${port}`]),
    ];
  }
  const connects = ['init', 'sql', 'node'].includes(command);
  return connects && !has('host') && !has('url') ? [...fitted, `--host=${podIp}`] : fitted;
}

function withHost(address: string, podIp: string): string {
  const [host = '', port] = address.split(':');
  const fitting = host === '' || host === 'localhost' || host === '0.0.0.0' ? podIp : host;
  return port === undefined ? fitting : `${fitting}:${port}`;
}

function inRoot(store: string, root: string | undefined): string {
  if (root === undefined) return store;
  return store.replace(
    /(^|path=)(\/[^,]*)/,
    (_, prefix: string, path: string) => `${prefix}${path.startsWith(`${root}/`) ? path : root + path}`,
  );
}
