// Objects from a text of YAML or JSON, each with the places of its fields.
import { isRecord, parseYamlWithPlaces } from '@holdfast/schema';
import { type FieldPath, nearestPlace, type Place, type SourcedObject } from '../model/sourced-object.ts';
import { decodeBuiltIn } from './decode-built-in.ts';
import { splitDocuments, type TextDocument } from './documents.ts';
import type { LoadProblem } from './loaded.ts';

/** What a text holds. */
export interface TextContent {
  readonly objects: readonly SourcedObject[];
  readonly problems: readonly LoadProblem[];
}

/** Reads every document of the text. A byte order mark and Windows line ends are taken as they come. */
export async function readText(text: string, file: string): Promise<TextContent> {
  if (text.includes('\0')) return { objects: [], problems: [{ file, line: 1, column: 1, message: 'is a binary file, not YAML or JSON' }] };
  const parts: TextContent[] = [];
  for (const document of splitDocuments(text.replace(/^\uFEFF/, ''))) parts.push(await readShallow(document, file));
  return { objects: parts.flatMap(({ objects }) => objects), problems: parts.flatMap(({ problems }) => problems) };
}

/** Whatever is so deep that the stack does not hold it is no Kubernetes object; documents beside it are read all the same. */
async function readShallow(document: TextDocument, file: string): Promise<TextContent> {
  try {
    return await readDocument(document, file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { objects: [], problems: [{ file, line: document.linesBefore + 1, column: 1, message: 'is nested too deeply to be read' }] };
  }
}

async function readDocument({ text, linesBefore }: TextDocument, file: string): Promise<TextContent> {
  const { value, error, locate } = await parseYamlWithPlaces(text);
  if (error) {
    return {
      objects: [],
      problems: [{ file, line: error.line + linesBefore, column: error.column, message: `is not YAML: ${error.message}` }],
    };
  }
  const placed = (path: FieldPath): Place | undefined => {
    const found = locate(path);
    return found && { line: found.line + linesBefore, column: found.column };
  };
  return readValue(value, [], { file, linesBefore, locate: placed });
}

/** What all objects of a document share. */
interface Origin {
  readonly file: string;
  readonly linesBefore: number;
  readonly locate: (path: FieldPath) => Place | undefined;
}

function readValue(value: unknown, at: FieldPath, origin: Origin): TextContent {
  const { file, linesBefore, locate } = origin;
  const problem = (message: string): TextContent => ({ objects: [], problems: [{ file, ...nearestPlace(locate, at), message }] });
  if (value === null || value === undefined) return { objects: [], problems: [] };
  if (!isRecord(value)) return problem('is no Kubernetes object: a mapping with apiVersion and kind is expected');
  const { apiVersion, kind, items } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || kind === '')
    return problem('is no Kubernetes object: apiVersion or kind is missing');
  if (kind.endsWith('List') && Array.isArray(items)) {
    const parts = items.map((item: unknown, index) => readValue(withType(item, apiVersion, kind), [...at, 'items', index], origin));
    return { objects: parts.flatMap(({ objects }) => objects), problems: parts.flatMap(({ problems }) => problems) };
  }
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const { name, namespace, generateName } = metadata;
  const decoded = decodeBuiltIn(apiVersion, kind, { ...value, metadata });
  if ('error' in decoded) {
    const { message, path } = decoded.error;
    return { objects: [], problems: [{ file, ...nearestPlace(locate, [...at, ...path]), message }] };
  }
  const object: SourcedObject = {
    object: decoded.object,
    apiVersion,
    kind,
    namespace: typeof namespace === 'string' ? namespace : '',
    name: typeof name === 'string' ? name : typeof generateName === 'string' ? generateName : '',
    file,
    origin: { linesBefore, at },
    place: (path) => nearestPlace(locate, [...at, ...path]),
  };
  return { objects: [object], problems: [] };
}

/** Items of a typed list leave out what the list says for all. */
function withType(item: unknown, apiVersion: string, listKind: string): unknown {
  return isRecord(item) && item['kind'] === undefined && listKind !== 'List' ? { apiVersion, kind: listKind.slice(0, -4), ...item } : item;
}
