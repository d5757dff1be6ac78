// Loads everything that a check looks at: files, folders and standard input.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type SourcedObject, titleOf } from '../model/sourced-object.ts';
import type { Loaded, LoadProblem } from './loaded.ts';
import { readText, type TextContent } from './read-text.ts';

/** Names of files that folders are searched for. */
export const MANIFEST = /\.(ya?ml|json)$/i;

/** In a path's place: standard input. */
export const STDIN = '-';

/**
 * Loads paths: a file whatever its name, a folder with every .yaml, .yml and .json below it, '-' for standard input.
 * What cannot be read is a problem, not an exception. Files that are `excluded` are passed over.
 */
export async function loadPaths(
  paths: readonly string[],
  stdin: () => Promise<string>,
  excluded: (file: string) => boolean = () => false,
): Promise<Loaded> {
  const objects: SourcedObject[] = [];
  const problems: LoadProblem[] = [];
  for (const path of paths) {
    const files = path === STDIN ? [STDIN] : (await filesBelow(path, problems)).filter((file) => !excluded(file));
    for (const file of files) {
      const name = file === STDIN ? '<stdin>' : file;
      try {
        const content = await readText(file === STDIN ? await stdin() : await readFile(file, 'utf8'), name);
        objects.push(...content.objects);
        problems.push(...content.problems);
      } catch (error) {
        problems.push({ file: name, line: 1, column: 1, message: `cannot be read: ${messageOf(error)}` });
      }
    }
  }
  return { ...withoutDuplicates(objects), problems, notListed: new Set(), live: false };
}

/** Loads texts that are at hand already, such as the files of a revision. */
export async function loadTexts(texts: readonly { readonly file: string; readonly text: string }[]): Promise<Loaded> {
  const contents: TextContent[] = [];
  for (const { file, text } of texts) contents.push(await readText(text, file));
  const problems = contents.flatMap((content) => content.problems);
  return { ...withoutDuplicates(contents.flatMap(({ objects }) => objects)), problems, notListed: new Set(), live: false };
}

/** Keeps the first of each kind, namespace and name; objects that are named by the server (generateName) are all different. */
export function withoutDuplicates(objects: readonly SourcedObject[]): Pick<Loaded, 'objects' | 'duplicates'> {
  const seen = new Map<string, SourcedObject>();
  const duplicates: Loaded['duplicates'][number][] = [];
  const kept = objects.filter((one) => {
    if (one.object.metadata.name === undefined) return true;
    const key = `${one.apiVersion.split('/')[0]} ${titleOf(one)}`;
    const first = seen.get(key);
    if (first) duplicates.push({ again: one, first });
    else seen.set(key, one);
    return first === undefined;
  });
  return { objects: kept, duplicates };
}

async function filesBelow(path: string, problems: LoadProblem[]): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const found: string[] = [];
    for (const entry of entries) {
      const below = join(path, entry.name);
      if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules') found.push(...(await filesBelow(below, problems)));
      else if (MANIFEST.test(entry.name)) found.push(below);
    }
    return found;
  } catch (error) {
    problems.push({ file: path, line: 1, column: 1, message: `cannot be read: ${messageOf(error)}` });
    return [];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
