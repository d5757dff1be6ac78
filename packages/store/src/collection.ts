// Keys begin with their collection: 'core/pods/' of 'core/pods/default/web-0'.

/** The first two parts of a key or prefix, with their slashes; '' where there are not two. */
export function collectionOf(path: string): string {
  const second = path.indexOf('/', path.indexOf('/') + 1);
  return second <= 0 ? '' : path.slice(0, second + 1);
}
