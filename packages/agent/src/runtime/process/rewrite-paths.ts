// Containers name files by absolute paths of their own; on the host those live below the container's root. This finds the
// paths that are the container's in a word of a command and moves them there. Everything else is the host's.

/** Which paths belong to the container. */
export interface ContainerPaths {
  readonly root: string;
  /** Exact paths of programs: '/cockroach/cockroach.sh'. */
  readonly programs: readonly string[];
  /** Mount points; paths at or under them belong to the container. */
  readonly mountPaths: readonly string[];
}

/** Characters that a path may start behind, besides the start of the word: where a shell or an option starts a new one. */
const BEFORE = '=:"\'`;|&(<>,\\s';
/** A path ends where none of these follows; '.' and ',' may follow a path in a sentence but in names they are part of it. */
const NAME = 'A-Za-z0-9._@%+~\\-';

/** Makes the function that rewrites one word. Pure; the same word twice is rewritten once (the root is no container path). */
export function pathRewriter({ root, programs, mountPaths }: ContainerPaths): (word: string) => string {
  const mounts = mountPaths.map(withoutTrailingSlash).filter((path) => path !== '');
  if (programs.length === 0 && mounts.length === 0) return (word) => word;
  // Longest first, so that '/data' does not hide '/data-2'; the look-ahead then decides.
  const alternatives = [
    ...programs.map((path) => ({ path, pattern: `${escape(path)}(?![${NAME}/])` })),
    ...mounts.map((path) => ({ path, pattern: `${escape(path)}(?![${NAME}])` })),
  ].toSorted((a, b) => b.path.length - a.path.length);
  const expression = new RegExp(`(^|[${BEFORE}])(${alternatives.map(({ pattern }) => pattern).join('|')})`, 'g');
  return (word) => word.replace(expression, (_match, before: string, path: string) => `${before}${root}${path}`);
}

/** Where a container path is on the host, whether or not it is one of the container's own. */
export function hostPathOf(root: string, path: string): string {
  return path.startsWith('/') ? `${root}${path}` : `${root}/${path}`;
}

function withoutTrailingSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
