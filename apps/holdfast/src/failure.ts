// Errors as the user sees them: a sentence for what can be mended, a stack only for a bug.

/** Names of errors whose message is written for the user. */
const FOR_USERS = new Set(['LabError', 'ConfigError', 'StatusError', 'ExerciseError', 'KubeconfigError', 'LeadershipLostError']);

/** One sentence, or the stack with a request to report it. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (FOR_USERS.has(error.name)) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code) return error.message;
  return `this is a bug in holdfast; please report it with the lines below\n${error.stack ?? error.message}`;
}
