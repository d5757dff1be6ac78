// Makes a volume plan real: reserves volumes and names nodes to provisioners, then waits until the binder has finished.
import { type ComponentContext, isFullyBound, isVolumeUsableOn, reserveVolume, SELECTED_NODE } from '@holdfast/controller';
import type { CancelTimer } from '@holdfast/clock';
import { type Node, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, type PersistentVolumeClaim } from '@holdfast/schema';
import type { Reservation } from '../framework/plugin.ts';
import type { VolumePlan } from './find-volumes.ts';
import type { StorageView } from './storage-view.ts';

/** kube-scheduler's bindTimeoutSeconds. */
const BIND_TIMEOUT_MS = 600_000;

/** Tells who waits for a claim when something about it or its volume changed. */
export interface ClaimSignals {
  /** Calls `fn` on every change until the returned function is called. */
  onChange(claim: PersistentVolumeClaim, fn: () => void): () => void;
}

export function createClaimSignals(view: StorageView): ClaimSignals {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (namespace: string | undefined, name: string | undefined): void => {
    for (const fn of waiting.get(`${namespace}/${name}`) ?? []) fn();
  };
  view.claimInformer.addHandler(({ object }) => wake(object.metadata.namespace, object.metadata.name));
  view.volumeInformer.addHandler(({ object }) => {
    if (object.spec?.claimRef) wake(object.spec.claimRef.namespace, object.spec.claimRef.name);
  });
  return {
    onChange({ metadata }, fn) {
      const key = `${metadata.namespace}/${metadata.name}`;
      const fns = waiting.get(key) ?? new Set();
      waiting.set(key, fns.add(fn));
      return () => {
        fns.delete(fn);
        if (fns.size === 0 && waiting.get(key) === fns) waiting.delete(key);
      };
    },
  };
}

export interface BindVolumesOptions {
  readonly context: Pick<ComponentContext, 'client' | 'clock'>;
  readonly view: StorageView;
  readonly signals: ClaimSignals;
  readonly node: Node;
  readonly plan: VolumePlan;
}

/** Assumes the plan in the caches at once, so that the next pod does not get the same volumes. */
export function reservePlan({ context, view, signals, node, plan }: BindVolumesOptions): Reservation {
  const { client, clock } = context;
  const nodeName = node.metadata.name ?? '';
  const volumes = plan.bindings.map(({ claim, volume }) => reserveVolume(volume, claim));
  const claims = plan.provisions.map((claim) => withSelectedNode(claim, nodeName));
  for (const volume of volumes) view.volumes.assume(volume);
  for (const claim of claims) view.claims.assume(claim);
  const all = [...plan.bindings.map(({ claim }) => claim), ...plan.provisions];

  async function write(): Promise<void> {
    for (const [i, volume] of volumes.entries()) {
      if (volume === plan.bindings[i]?.volume) continue;
      view.volumes.assume(await client.update(PERSISTENTVOLUMES, volume));
    }
    for (const [i, claim] of claims.entries()) {
      if (claim === plan.provisions[i]) continue;
      view.claims.assume(await client.update(PERSISTENTVOLUMECLAIMS, claim));
    }
  }

  /** True when everything is bound; throws when it will not be. */
  function isDone(): boolean {
    const bound = plan.bindings.map(({ claim, volume }) => {
      const now = view.volumes.get({ name: volume.metadata.name ?? '' });
      if (!now) throw new Error(`failed to check volume binding: persistentvolume "${volume.metadata.name}" not found`);
      if (!isVolumeUsableOn(now, node)) {
        throw new Error(`pv "${volume.metadata.name}" node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms`);
      }
      if (!now.spec?.claimRef?.uid) throw new Error(`ClaimRef got reset for pv "${volume.metadata.name}"`);
      return isFullyBound(latest(claim));
    });
    const provisioned = plan.provisions.map((claim) => isProvisioned(latest(claim)));
    return [...bound, ...provisioned].every(Boolean);
  }

  function latest(claim: PersistentVolumeClaim): PersistentVolumeClaim {
    const { namespace, name = '' } = claim.metadata;
    const now = view.claims.get({ namespace, name });
    if (!now || now.metadata.uid !== claim.metadata.uid) throw new Error(`failed to get PVC: persistentvolumeclaim "${name}" not found`);
    return now;
  }

  function isProvisioned(claim: PersistentVolumeClaim): boolean {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    // Provisioners take it away when they cannot make the volume there.
    if (selected === undefined) throw new Error(`provisioning failed for PVC "${claim.metadata.name}"`);
    if (selected !== nodeName) throw new Error(`provisioning failed for PVC "${claim.metadata.name}": selected node is "${selected}"`);
    return isFullyBound(claim);
  }

  return {
    unreserve() {
      for (const { metadata } of volumes) view.volumes.restore({ name: metadata.name ?? '' });
      for (const { metadata } of claims) view.claims.restore({ namespace: metadata.namespace, name: metadata.name ?? '' });
    },
    async preBind(signal) {
      try {
        await write();
        await untilDone({ isDone, claims: all, signals, clock, signal });
      } catch (error) {
        if (signal.aborted) throw error;
        throw new Error(`binding volumes: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
  };

  function withSelectedNode(claim: PersistentVolumeClaim, selected: string): PersistentVolumeClaim {
    if (claim.metadata.annotations?.[SELECTED_NODE] === selected) return claim;
    const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: selected };
    return { ...claim, metadata: { ...claim.metadata, annotations } };
  }
}

interface Waiting extends Pick<ComponentContext, 'clock'> {
  readonly isDone: () => boolean;
  readonly claims: readonly PersistentVolumeClaim[];
  readonly signals: ClaimSignals;
  readonly signal: AbortSignal;
}

function untilDone({ isDone, claims, signals, clock, signal }: Waiting): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const settle = (finish: () => void): void => {
      for (const stop of stops) stop();
      finish();
    };
    const check = (): void => {
      try {
        if (signal.aborted) settle(() => reject(signal.reason));
        else if (isDone()) settle(resolve);
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const timer: CancelTimer = clock.after(BIND_TIMEOUT_MS, () => settle(() => reject(new Error('context deadline exceeded'))));
    signal.addEventListener('abort', check, { once: true });
    stops.push(timer, () => signal.removeEventListener('abort', check));
    for (const claim of claims) stops.push(signals.onChange(claim, check));
    check();
  });
}
