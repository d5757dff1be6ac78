// What authorizers answer.
import type { PolicyRule } from '@holdfast/schema';

/** A decision with what led to it; a refusal may have no reason other than that nothing allows the request. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** All rules of a user in one namespace. */
export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** What could not be found out; '' when the rules are complete. */
  readonly problem: string;
}
