// A part of the control plane that the manager starts and stops: a controller, the scheduler, an agent.
import type { Client } from '@holdfast/client';
import type { Clock, Random } from '@holdfast/clock';
import type { InformerFactory } from './informer.ts';
import type { Logger } from './logger.ts';

/** What every component is given; it takes nothing else from its surroundings. */
export interface ComponentContext {
  readonly client: Client;
  /** Shared caches: one informer per resource, started by the manager before the components and stopped after them. */
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Something with a lifetime. */
export interface Component {
  readonly name: string;
  /** Returns once running; must end its work when the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing of it is running any more. Called after the signal aborted. */
  stopped(): Promise<void>;
}

/** Makes a component; registering event handlers on informers happens here, before the caches start. */
export type ComponentFactory = (context: ComponentContext) => Component;
