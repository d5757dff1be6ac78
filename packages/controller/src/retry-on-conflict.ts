// Optimistic concurrency: read, change, write, and again when someone else was first.
import { isConflict } from '@holdfast/schema';

/** Upstream's retry.DefaultRetry has five steps. The function must read afresh on every call. */
const ATTEMPTS = 5;

/** Runs `fn` until it does not conflict, at most `attempts` times (default 5); rejects with the last conflict. */
export async function retryOnConflict<T>(fn: (attempt: number) => Promise<T>, attempts: number = ATTEMPTS): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fn(attempt);
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error;
    }
  }
}
