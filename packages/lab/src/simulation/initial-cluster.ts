// What a simulated cluster begins from.
import { generateKeyPairSync } from 'node:crypto';
import { type JwtKey, jwtKey } from '@holdfast/apiserver';
import type { KubeObject } from '@holdfast/schema';
import type { StoreEntry } from '@holdfast/store';

/** The state of a cluster that was left. Immutable: any number of simulations can begin from it. */
export interface InitialCluster {
  /** The time at which it was left. */
  readonly atMs: number;
  readonly revision: number;
  /** In order of keys. */
  readonly entries: readonly StoreEntry<KubeObject>[];
  readonly serviceAccountKey: JwtKey;
}

/** Signs tokens. Made anew by each process: tokens are not part of a trace. */
export function newSigningKey(): JwtKey {
  return jwtKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}
