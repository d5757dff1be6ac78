// Names of images: what is a valid one, and which name a bundle is found by.

/** distribution/reference's grammar, without digests' algorithms spelled out. */
const REFERENCE =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?)\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

export function isImageReference(reference: string): boolean {
  return REFERENCE.test(reference);
}

/** The name without tag, digest, 'docker.io/' and 'library/': what bundles are listed under. */
export function imageName(reference: string): string {
  const withoutDigest = reference.replace(/@.*$/, '');
  const slash = withoutDigest.lastIndexOf('/');
  const colon = withoutDigest.indexOf(':', slash + 1);
  const name = colon < 0 ? withoutDigest : withoutDigest.slice(0, colon);
  return name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
}

/** 'latest' or no tag means Always, else IfNotPresent: the server's default, for pods that came without. */
export function defaultPullPolicy(reference: string): 'Always' | 'IfNotPresent' {
  if (reference.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(reference)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}
