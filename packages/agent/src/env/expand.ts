// $(VAR) in env values, commands and arguments, as Kubernetes expands it: unknown names stay as they are, $$ is a dollar.

/** Replaces every $(NAME) that `lookup` knows. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (match, name: string | undefined) => (name === undefined ? '$' : (lookup(name) ?? match)));
}
