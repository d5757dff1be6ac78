// How much evaluation may still cost. Costs are counted where time goes: in the passes of loops and in what looks through
// its operands.

/** Thrown when an expression has used up what it may cost. */
export class CostExceeded extends Error {
  override readonly name = 'CostExceeded';
}

const CHARACTERS_PER_UNIT = 64;

/** A budget that expressions draw on; set before each evaluation. */
export class Meter {
  #left = 0;
  #exceeded = false;

  /** What is left of the last budget. */
  get left(): number {
    return Math.max(0, this.#left);
  }

  get exceeded(): boolean {
    return this.#exceeded;
  }

  reset(budget: number): void {
    this.#left = budget;
    this.#exceeded = false;
  }

  /** True; throws when nothing is left. Loops that swallow errors still cannot go on: every pass asks first. */
  spend(cost: number): true {
    this.#left -= cost;
    if (this.#left >= 0) return true;
    this.#exceeded = true;
    throw new CostExceeded('operation cancelled: actual cost limit exceeded');
  }

  /** Pays for looking through a value; returns it. */
  weigh<T>(value: T): T {
    if (typeof value === 'string') this.spend(Math.ceil(value.length / CHARACTERS_PER_UNIT));
    else if (Array.isArray(value)) this.spend(value.length);
    return value;
  }

  /** Pays for looking through a value and all that it holds; returns it. */
  weighDeep<T>(value: T): T {
    if (typeof value === 'string') return this.weigh(value);
    this.spend(1);
    if (Array.isArray(value)) for (const item of value) this.weighDeep<unknown>(item);
    else if (value instanceof Map) for (const member of value.values()) this.weighDeep<unknown>(member);
    return value;
  }
}
