// What upstream's webhook refuses, and what it accepts although it cannot work; each with the remedy.
import type { ActionType, CrdbClusterSpec, IngressRule } from './crdb-cluster.ts';

/** Why a spec cannot be carried out. */
export interface Problem {
  /** For conditions and events. */
  readonly reason: string;
  /** A sentence that says what to do. */
  readonly message: string;
  /** The action that it stands in the way of. */
  readonly action: ActionType;
}

/** The first thing wrong with a spec taken by itself; undefined when it is good. */
export function problemOf(spec: CrdbClusterSpec): Problem | undefined {
  return tooFewNodes(spec) ?? imageProblem(spec) ?? dataStoreProblem(spec) ?? ingressProblem(spec) ?? notYetSupported(spec);
}

function tooFewNodes({ nodes }: CrdbClusterSpec): Problem | undefined {
  if (nodes >= 3) return undefined;
  return deploy(
    'TooFewNodes',
    `spec.nodes is ${nodes}, and a cluster that survives the loss of a node has at least 3: set spec.nodes to 3 or more`,
  );
}

function imageProblem({ image, cockroachDBVersion }: CrdbClusterSpec): Problem | undefined {
  const action = 'VersionCheckerAction';
  if (!image?.name && !cockroachDBVersion) {
    return {
      action,
      reason: 'ImageMissing',
      message:
        'you have to provide the cockroachDBVersion or cockroach image: set spec.image.name, for example cockroachdb/cockroach:v24.3.2',
    };
  }
  if (image?.name && cockroachDBVersion) {
    return {
      action,
      reason: 'ImageAndVersion',
      message:
        'you have provided both cockroachDBVersion and cockroach image, please provide only one: remove spec.cockroachDBVersion or spec.image.name',
    };
  }
}

function dataStoreProblem({ dataStore }: CrdbClusterSpec): Problem | undefined {
  const { hostPath, pvc } = dataStore;
  if (hostPath && pvc) return deploy('DataStoreAmbiguous', 'spec.dataStore has both hostPath and pvc: keep one of them');
  if (hostPath) return undefined;
  if (!pvc?.spec)
    return deploy(
      'DataStoreMissing',
      'spec.dataStore has neither hostPath nor pvc.spec: say where the data is kept, best with spec.dataStore.pvc.spec',
    );
  const { volumeMode } = pvc.spec;
  if (!volumeMode)
    return deploy(
      'VolumeModeMissing',
      'you have to provide the volumeMode of the claim: set spec.dataStore.pvc.spec.volumeMode to Filesystem',
    );
  if (volumeMode !== 'Filesystem') {
    return deploy(
      'VolumeModeUnsupported',
      `CockroachDB needs a file system, and spec.dataStore.pvc.spec.volumeMode is ${volumeMode}: set it to Filesystem`,
    );
  }
  if (!pvc.spec.resources?.requests?.storage) {
    return deploy(
      'StorageMissing',
      'the claim asks for no storage: set spec.dataStore.pvc.spec.resources.requests.storage, for example 10Gi',
    );
  }
}

function ingressProblem({ ingress }: CrdbClusterSpec): Problem | undefined {
  if (!ingress) return undefined;
  const action = 'ExposeIngressAction';
  if (!ingress.ui && !ingress.sql)
    return {
      action,
      reason: 'IngressEmpty',
      message: 'spec.ingress has neither ui nor sql: set at least one of them, or remove spec.ingress',
    };
  const nameless = (['ui', 'sql'] as const).find((part) => ingress[part] && !hasHost(ingress[part]));
  if (nameless)
    return {
      action,
      reason: 'IngressHostMissing',
      message: `spec.ingress.${nameless}.host is empty: set the host name that leads to the cluster`,
    };
}

function notYetSupported({ tlsEnabled }: CrdbClusterSpec): Problem | undefined {
  if (!tlsEnabled) return undefined;
  return {
    action: 'GenerateCert',
    reason: 'TLSNotSupported',
    message: 'this version of the operator cannot make a cluster with TLS yet, and nothing was created: set spec.tlsEnabled to false',
  };
}

function deploy(reason: string, message: string): Problem {
  return { action: 'Deploy', reason, message };
}

function hasHost(rule: IngressRule | undefined): boolean {
  return rule?.host !== undefined && rule.host !== '';
}
