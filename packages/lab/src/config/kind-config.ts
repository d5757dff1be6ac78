// Reads a kind configuration (kind.x-k8s.io/v1alpha4): what it means here, and what it asks for that a lab does not have.
import { isMap, isScalar, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';

/** A folder of this machine that a node sees at another path. */
export interface ExtraMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export interface NodeConfig {
  readonly role: 'control-plane' | 'worker';
  readonly labels: Readonly<Record<string, string>>;
  readonly extraMounts: readonly ExtraMount[];
}

/** A cluster as asked for. */
export interface ClusterConfig {
  readonly name?: string;
  readonly nodes: readonly NodeConfig[];
  /** 0 or absent: any free port. */
  readonly apiServerPort?: number;
}

/** The configuration, and sentences about fields that were accepted but do nothing in a lab. */
export interface ParsedConfig {
  readonly config: ClusterConfig;
  readonly warnings: readonly string[];
}

/** What is wrong with a configuration file: one sentence with the place, the value and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Fields of kind that a lab takes without effect, by the path at which they stand. */
const WITHOUT_EFFECT = new Map<string, readonly string[]>([
  [
    '',
    [
      'featureGates',
      'runtimeConfig',
      'kubeadmConfigPatches',
      'kubeadmConfigPatchesJSON6902',
      'containerdConfigPatches',
      'containerdConfigPatchesJSON6902',
    ],
  ],
  ['nodes[]', ['image', 'extraPortMappings', 'kubeadmConfigPatches', 'kubeadmConfigPatchesJSON6902']],
  ['nodes[].extraMounts[]', ['selinuxRelabel', 'propagation']],
  ['networking', ['apiServerAddress', 'podSubnet', 'serviceSubnet', 'ipFamily', 'disableDefaultCNI', 'kubeProxyMode', 'dnsSearch']],
]);

const WITH_EFFECT = new Map<string, readonly string[]>([
  ['', ['kind', 'apiVersion', 'name', 'nodes', 'networking']],
  ['nodes[]', ['role', 'labels', 'extraMounts']],
  ['nodes[].extraMounts[]', ['hostPath', 'containerPath', 'readOnly']],
  ['networking', ['apiServerPort']],
]);

/** Parses the text of a configuration file; `file` is named in errors. Throws ConfigError. */
export function parseKindConfig(text: string, file: string): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) throw new ConfigError(`${file}: not valid YAML: ${problem.message}`);
  const at = (node: unknown): string => {
    const range = (node as YamlNode | null)?.range;
    if (!range) return file;
    const { line, col } = lines.linePos(range[0]);
    return `${file}:${line}:${col}`;
  };
  const root = document.contents;
  if (!isMap(root)) throw new ConfigError(`${file}: must be a mapping with kind: Cluster and apiVersion: kind.x-k8s.io/v1alpha4`);
  const reader = new Reader(at);
  return reader.cluster(root);
}

type YamlMap = Extract<YamlNode, { items: unknown[] }>;

class Reader {
  readonly #at: (node: unknown) => string;
  readonly #warnings: string[] = [];

  constructor(at: (node: unknown) => string) {
    this.#at = at;
  }

  cluster(root: YamlNode): ParsedConfig {
    const fields = this.#fields(root, '', 'the configuration');
    const kind = this.#text(fields, 'kind', '');
    if (kind !== 'Cluster') {
      throw new ConfigError(
        `${this.#at(fields.get('kind') ?? root)}: kind: unknown kind ${JSON.stringify(kind ?? '')}: a cluster configuration has kind: Cluster`,
      );
    }
    const apiVersion = this.#text(fields, 'apiVersion', '');
    if (apiVersion !== 'kind.x-k8s.io/v1alpha4') {
      throw new ConfigError(
        `${this.#at(fields.get('apiVersion') ?? root)}: apiVersion: unknown version ${JSON.stringify(apiVersion ?? '')}: use kind.x-k8s.io/v1alpha4`,
      );
    }
    const nodes = this.#list(fields, 'nodes', '').map((node) => this.#node(node));
    const name = this.#text(fields, 'name', '');
    const networking = fields.get('networking');
    const apiServerPort = networking ? this.#port(networking) : undefined;
    const controlPlanes = nodes.filter((node) => node.role === 'control-plane').length;
    if (nodes.length > 0 && controlPlanes === 0) {
      throw new ConfigError(`${this.#at(fields.get('nodes'))}: nodes: must have at least one node with role: control-plane`);
    }
    return {
      config: {
        nodes: nodes.length > 0 ? nodes : [{ role: 'control-plane', labels: {}, extraMounts: [] }],
        ...(name === undefined ? {} : { name }),
        ...(apiServerPort === undefined ? {} : { apiServerPort }),
      },
      warnings: this.#warnings,
    };
  }

  #node(node: YamlNode): NodeConfig {
    const fields = this.#fields(node, 'nodes[]', 'a node');
    const role = this.#text(fields, 'role', 'nodes[].') ?? 'control-plane';
    if (role !== 'control-plane' && role !== 'worker') {
      throw new ConfigError(
        `${this.#at(fields.get('role'))}: nodes[].role: unknown role ${JSON.stringify(role)}: use control-plane or worker`,
      );
    }
    const labels: Record<string, string> = {};
    const labelNode = fields.get('labels');
    if (labelNode)
      for (const [key, value] of this.#entries(labelNode, 'nodes[].labels')) labels[key] = this.#scalar(value, `nodes[].labels.${key}`);
    return { role, labels, extraMounts: this.#list(fields, 'extraMounts', 'nodes[].').map((mount) => this.#mount(mount)) };
  }

  #mount(node: YamlNode): ExtraMount {
    const fields = this.#fields(node, 'nodes[].extraMounts[]', 'a mount');
    const path = (field: string): string => {
      const value = this.#text(fields, field, 'nodes[].extraMounts[].');
      if (!value) throw new ConfigError(`${this.#at(node)}: nodes[].extraMounts[].${field}: is required: name a folder`);
      return value;
    };
    const containerPath = path('containerPath');
    if (!containerPath.startsWith('/')) {
      throw new ConfigError(
        `${this.#at(fields.get('containerPath'))}: nodes[].extraMounts[].containerPath: ${JSON.stringify(containerPath)} must be an absolute path`,
      );
    }
    const readOnly = fields.get('readOnly');
    return {
      hostPath: path('hostPath'),
      containerPath,
      readOnly: readOnly ? this.#bool(readOnly, 'nodes[].extraMounts[].readOnly') : false,
    };
  }

  #port(networking: YamlNode): number | undefined {
    const fields = this.#fields(networking, 'networking', 'networking');
    const node = fields.get('apiServerPort');
    if (!node) return undefined;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < -1 || value > 65_535) {
      throw new ConfigError(
        `${this.#at(node)}: networking.apiServerPort: ${JSON.stringify(value)} is no port: use a number from 1 to 65535, or 0 for any free one`,
      );
    }
    return Math.max(value, 0);
  }

  #fields(node: YamlNode, path: string, what: string): Map<string, YamlNode> {
    const known = WITH_EFFECT.get(path) ?? [];
    const ignored = WITHOUT_EFFECT.get(path) ?? [];
    const fields = new Map<string, YamlNode>();
    for (const [key, value, keyNode] of this.#entries(node, path === '' ? what : path)) {
      const full = path === '' ? key : `${path}.${key}`;
      if (ignored.includes(key)) this.#warnings.push(`${this.#at(keyNode)}: ${full} has no effect in a lab`);
      else if (!known.includes(key)) {
        throw new ConfigError(
          `${this.#at(keyNode)}: unknown field ${JSON.stringify(full)}: ${what} has ${[...known, ...ignored].join(', ')}`,
        );
      }
      if (value) fields.set(key, value);
    }
    return fields;
  }

  #entries(node: YamlNode, path: string): [string, YamlNode | null, unknown][] {
    if (!isMap(node)) throw new ConfigError(`${this.#at(node)}: ${path}: must be a mapping`);
    return (node as YamlMap & { items: { key: { value?: unknown }; value: YamlNode | null }[] }).items.map((pair) => [
      scalarText(pair.key.value),
      pair.value,
      pair.key,
    ]);
  }

  #list(fields: Map<string, YamlNode>, field: string, prefix: string): YamlNode[] {
    const node = fields.get(field);
    if (!node || (isScalar(node) && node.value === null)) return [];
    if (!('items' in node) || isMap(node)) throw new ConfigError(`${this.#at(node)}: ${prefix}${field}: must be a list`);
    return node.items as YamlNode[];
  }

  #text(fields: Map<string, YamlNode>, field: string, prefix: string): string | undefined {
    const node = fields.get(field);
    if (!node || (isScalar(node) && node.value === null)) return undefined;
    return this.#scalar(node, `${prefix}${field}`);
  }

  #scalar(node: YamlNode | null, path: string): string {
    if (node && isScalar(node) && typeof node.value === 'string') return node.value;
    throw new ConfigError(
      `${this.#at(node)}: ${path}: must be text${node && isScalar(node) ? `, not ${JSON.stringify(node.value)}: put it in quotes` : ''}`,
    );
  }

  #bool(node: YamlNode, path: string): boolean {
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    throw new ConfigError(`${this.#at(node)}: ${path}: must be true or false`);
  }
}

/** A mapping's key as text, whatever scalar YAML made of it; '' for a key that is no scalar. */
function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
