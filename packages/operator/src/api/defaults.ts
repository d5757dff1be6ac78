// What upstream's webhook and code fill in; the controller fills it in too, so that it does not need the webhook.
import type { CrdbClusterSpec, PodImage } from './crdb-cluster.ts';

/** A spec with everything set that has a default. */
export interface DefaultedSpec extends CrdbClusterSpec {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly sqlPort: number;
  readonly terminationGracePeriodSecs: number;
  readonly image?: (PodImage & { readonly pullPolicy: string }) | undefined;
}

const GRACE_SECONDS = 300;

export function withDefaults(spec: CrdbClusterSpec): DefaultedSpec {
  const noBudget = spec.maxUnavailable === undefined && spec.minAvailable === undefined;
  return {
    ...spec,
    grpcPort: spec.grpcPort || 26258,
    httpPort: spec.httpPort || 8080,
    sqlPort: spec.sqlPort || 26257,
    terminationGracePeriodSecs: spec.terminationGracePeriodSecs || GRACE_SECONDS,
    ...(noBudget ? { maxUnavailable: 1 } : {}),
    image: spec.image && { ...spec.image, pullPolicy: spec.image.pullPolicy || 'IfNotPresent' },
  };
}
