// Parts of custom resources that have the form of a type of Kubernetes.
import { decodeTyped, StatusError } from '@holdfast/schema';

/** The value as the type; undefined where it is of another form, which is for the operator's own schema to refuse. */
export function typed<T>(type: string, value: unknown): T | undefined {
  try {
    return decodeTyped(type, value).object as T;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

export const CLAIM_SPEC = 'io.k8s.api.core.v1.PersistentVolumeClaimSpec';
export const RESOURCES = 'io.k8s.api.core.v1.ResourceRequirements';
