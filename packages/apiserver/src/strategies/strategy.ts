// What differs from kind to kind: everything else is the same machinery.
import type { FieldError, GroupDef, KubeObject } from '@holdfast/schema';
import type { Clock, Random } from '@holdfast/clock';

/** Names by which a resource is known. */
export interface ResourceNames {
  readonly group: string;
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly kind: string;
  readonly listKind: string;
}

/** What is served, as far as names go. */
export interface NameRegistry {
  groupDefs(): readonly GroupDef[];
  find(group: string, version: string, resource: string): ResourceNames | undefined;
}

/** What a strategy may use. */
export interface StrategyContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly registry: NameRegistry;
}

export interface Strategy {
  /** Whether metadata.generation counts changes of what is asked for. */
  readonly generation: boolean;
  /** Whether a PUT without a resourceVersion overwrites whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** Whether the status is written through /status only. */
  readonly statusSubresource: boolean;
  /** Whether a delete gives the object time (pods). */
  readonly graceful: boolean;
  /** Whether a deletion leaves no grace period in the metadata (namespaces). */
  readonly graceless?: boolean;
  /** Whether a PUT to a name that is not there creates it. */
  readonly createOnUpdate: boolean;
  prepareForCreate(object: KubeObject, context: StrategyContext): KubeObject;
  prepareForUpdate(object: KubeObject, old: KubeObject, context: StrategyContext): KubeObject;
  prepareForStatusUpdate(object: KubeObject, old: KubeObject, context: StrategyContext): KubeObject;
  validate(object: KubeObject): readonly FieldError[];
  validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[];
  /** What holds only for a new object. */
  validateCreate?(object: KubeObject): readonly FieldError[];
  /** What is wrong with a change that is written through another subresource, by its name; default: validateUpdate. */
  readonly validateThrough?: Readonly<Record<string, (object: KubeObject, old: KubeObject) => readonly FieldError[]>>;
  /** What is wrong with a status that is written through /status. */
  validateStatus?(object: KubeObject, old: KubeObject): readonly FieldError[];
  /** What the caller is told of an object that is accepted: deprecated fields, combinations that do not do what they seem to. */
  warnings?(object: KubeObject): readonly string[];
  /** What the beginning of a deletion changes besides the metadata. */
  beginDeletion?(object: KubeObject, now: string): KubeObject;
  /** Whether something besides metadata.finalizers keeps an object that is being deleted. */
  isHeld?(object: KubeObject): boolean;
}

/** Where nothing is special. */
export const plainStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  statusSubresource: false,
  graceful: false,
  createOnUpdate: false,
  prepareForCreate: (object) => object,
  prepareForUpdate: (object) => object,
  prepareForStatusUpdate: (object) => object,
  validate: () => [],
  validateUpdate: () => [],
};
