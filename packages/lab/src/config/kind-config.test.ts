import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseKindConfig } from './kind-config.ts';

const HEAD = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n';

describe('parseKindConfig', () => {
  it("takes the exercise's file as it is", () => {
    const file = new URL('../../exercises/cockroachdb/kind-config.yaml', import.meta.url);
    const { config, warnings } = parseKindConfig(readFileSync(file, 'utf8'), 'kind-config.yaml');
    expect(warnings).toEqual([]);
    expect(config.nodes.map((node) => node.role)).toEqual(['control-plane', 'worker', 'worker', 'worker']);
    expect(config.nodes[2]?.extraMounts).toEqual([
      { hostPath: '/tmp/cockroachdb/node2', containerPath: '/mnt/disks/ssd0', readOnly: false },
    ]);
  });

  it('gives one control plane when no nodes are named, as kind does', () => {
    expect(parseKindConfig(HEAD, 'f').config.nodes).toEqual([{ role: 'control-plane', labels: {}, extraMounts: [] }]);
  });

  it('keeps labels, name and port', () => {
    const { config } = parseKindConfig(
      `${HEAD}name: mine\nnetworking:\n  apiServerPort: 6443\nnodes:\n  - role: control-plane\n    labels:\n      tier: "1"\n`,
      'f',
    );
    expect(config).toEqual({
      name: 'mine',
      apiServerPort: 6443,
      nodes: [{ role: 'control-plane', labels: { tier: '1' }, extraMounts: [] }],
    });
  });

  it('warns of fields of kind that do nothing here', () => {
    expect(parseKindConfig(`${HEAD}featureGates:\n  A: true\n`, 'f').warnings).toEqual(['f:3:1: featureGates has no effect in a lab']);
  });

  it.each([
    ['nodes: []\nkind: [', /f: not valid YAML/],
    ['- a', /f: must be a mapping with kind: Cluster/],
    ['kind: Pod', /f:1:7: kind: unknown kind "Pod": a cluster configuration has kind: Cluster/],
    ['kind: Cluster\napiVersion: v1', /f:2:13: apiVersion: unknown version "v1": use kind.x-k8s.io\/v1alpha4/],
    [`${HEAD}nodez: []`, /f:3:1: unknown field "nodez": the configuration has kind, apiVersion, name, nodes/],
    [`${HEAD}nodes: {}`, /f:3:8: nodes: must be a list/],
    [`${HEAD}nodes:\n  - role: master`, /f:4:11: nodes\[\].role: unknown role "master": use control-plane or worker/],
    [`${HEAD}nodes:\n  - role: worker`, /nodes: must have at least one node with role: control-plane/],
    [`${HEAD}nodes:\n  - extraMounts:\n      - hostPath: /a`, /containerPath: is required: name a folder/],
    [`${HEAD}nodes:\n  - extraMounts:\n      - hostPath: /a\n        containerPath: b`, /"b" must be an absolute path/],
    [`${HEAD}nodes:\n  - labels:\n      a: 1`, /nodes\[\].labels.a: must be text, not 1: put it in quotes/],
    [`${HEAD}networking:\n  apiServerPort: 70000`, /apiServerPort: 70000 is no port/],
  ])('refuses %j', (text, message) => {
    expect(() => parseKindConfig(text, 'f')).toThrow(message);
  });
});
