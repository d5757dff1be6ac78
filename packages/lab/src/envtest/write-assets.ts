// A folder for KUBEBUILDER_ASSETS: executables named as those that envtest starts.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface AssetsOptions {
  readonly folder: string;
  /** The node executable and the program whose `envtest run NAME` plays the part. */
  readonly node: string;
  readonly program: string;
  /** Linked to where it is there. */
  readonly kubectl?: string | undefined;
}

/** Writes the folder, over what an earlier call wrote; returns the names of its entries. */
export function writeAssets({ folder, node, program, kubectl }: AssetsOptions): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const names = ['kube-apiserver', 'etcd'];
  for (const name of names) {
    const script = `#!/bin/sh\nexec ${quoted(node)} ${quoted(program)} envtest run ${name} -- "$@"\n`;
    writeFileSync(join(folder, name), script, { mode: 0o755 });
  }
  if (kubectl === undefined) return names;
  const link = join(folder, 'kubectl');
  rmSync(link, { force: true });
  symlinkSync(kubectl, link);
  return [...names, 'kubectl'];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
