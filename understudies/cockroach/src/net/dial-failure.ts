// What the command line says when it cannot reach a node.

/** CockroachDB's words, and the reason. */
export function dialFailure(reason: string): string {
  return `cannot dial server.\nIs the server running?\nIf the server is running, check --host client-side and --advertise server-side.\n\n${reason}`;
}
