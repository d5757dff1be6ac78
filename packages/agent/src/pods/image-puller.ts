// Finds or fetches a container's image, with the events and waiting reasons of the kubelet's image manager.
import type { Clock } from '@holdfast/clock';
import type { BackOff } from '@holdfast/controller';
import type { Container } from '@holdfast/schema';
import { defaultPullPolicy, isImageReference } from '../runtime/image-name.ts';
import { ImagePullError, type Runtime, type RuntimeImage } from '../runtime/runtime.ts';
import { goDuration, nextBackOff } from './back-off.ts';

/** The image, or what the container waits with. `retryAtMs` is when to try again. */
export type PullOutcome =
  | { readonly kind: 'ready'; readonly image: RuntimeImage }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string; readonly retryAtMs: number };

type Say = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** How long ErrImagePull stays before it becomes ImagePullBackOff. */
const ERROR_SHOWN_MS = 1000;
/** Mistakes that only a change of the pod mends are looked at again as often as the kubelet looks at a pod. */
const RESYNC_MS = 60_000;

/** One per container: keeps the back-off between attempts. */
export class ImagePuller {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #say: Say;
  #backOff: BackOff | undefined;
  #lastError = '';

  constructor({ runtime, clock, say }: { readonly runtime: Runtime; readonly clock: Clock; readonly say: Say }) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#say = say;
  }

  async ensure(container: Container, signal: AbortSignal): Promise<PullOutcome> {
    const reference = container.image ?? '';
    if (!isImageReference(reference)) {
      const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`;
      this.#say('Warning', 'InspectFailed', message);
      this.#say('Warning', 'Failed', 'Error: InvalidImageName');
      return this.#waiting('InvalidImageName', message, RESYNC_MS);
    }
    const policy = container.imagePullPolicy ?? defaultPullPolicy(reference);
    const present = this.#runtime.findImage(reference);
    if (present && policy !== 'Always') {
      this.#say('Normal', 'Pulled', `Container image "${reference}" already present on machine`);
      return this.#ready(present);
    }
    if (policy === 'Never') {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      this.#say('Warning', 'ErrImageNeverPull', message);
      this.#say('Warning', 'Failed', 'Error: ErrImageNeverPull');
      return this.#waiting('ErrImageNeverPull', message, RESYNC_MS);
    }
    return this.#backOffLeft() ?? this.#pull(reference, signal);
  }

  #backOffLeft(): PullOutcome | undefined {
    if (!this.#backOff) return undefined;
    const until = this.#backOff.updatedMs + this.#backOff.delayMs;
    if (until <= this.#clock.now()) return undefined;
    const { image, error } = { image: this.#image, error: this.#lastError };
    this.#say('Normal', 'BackOff', `Back-off pulling image "${image}"`);
    this.#say('Warning', 'Failed', 'Error: ImagePullBackOff');
    return {
      kind: 'waiting',
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${error}`,
      retryAtMs: until,
    };
  }

  #image = '';

  async #pull(reference: string, signal: AbortSignal): Promise<PullOutcome> {
    const begin = this.#clock.now();
    this.#image = reference;
    this.#say('Normal', 'Pulling', `Pulling image "${reference}"`);
    try {
      const image = await this.#runtime.pullImage(reference, signal);
      const took = this.#clock.now() - begin;
      const text = took < 1000 ? `${took}ms` : goDuration(took);
      this.#say(
        'Normal',
        'Pulled',
        `Successfully pulled image "${reference}" in ${text} (${text} including waiting). Image size: 0 bytes.`,
      );
      return this.#ready(image);
    } catch (error) {
      if (!(error instanceof ImagePullError)) throw error;
      this.#lastError = error.message;
      this.#backOff = nextBackOff(this.#backOff, this.#clock.now(), this.#clock.now());
      this.#say('Warning', 'Failed', `Failed to pull image "${reference}": ${error.message}`);
      this.#say('Warning', 'Failed', 'Error: ErrImagePull');
      return this.#waiting('ErrImagePull', error.message, ERROR_SHOWN_MS);
    }
  }

  #ready(image: RuntimeImage): PullOutcome {
    this.#backOff = undefined;
    return { kind: 'ready', image };
  }

  #waiting(reason: string, message: string, afterMs: number): PullOutcome {
    return { kind: 'waiting', reason, message, retryAtMs: this.#clock.now() + afterMs };
  }
}
