// A check's outcome as SARIF 2.1.0, in the part of it that GitHub code scanning reads.
import type { Location, Log, ReportingDescriptor, Result } from 'sarif';
import type { CheckResult } from '../check.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { pathText, type FieldPath, type SourcedObject, titleOf } from '../model/sourced-object.ts';
import type { Finding, RuleDescription, Severity } from '../rule.ts';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

/** One run with all rules, so that what is no longer found is closed. */
export function toSarif({ findings, loaded, suppressed }: CheckResult, rules: readonly RuleDescription[], version: string): Log {
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  const results = [
    ...findings.map((finding) => resultOf(finding, indexOf)),
    ...suppressed.map(
      ({ finding, by, reason }): Result => ({
        ...resultOf(finding, indexOf),
        suppressions: [{ kind: by === 'annotation' ? 'inSource' : 'external', justification: reason }],
      }),
    ),
  ];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'holdfast', semanticVersion: version, rules: rules.map(descriptorOf) } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: loaded.problems.length === 0,
            toolExecutionNotifications: loaded.problems.map(({ file, line, column, message }) => ({
              level: 'error',
              message: { text: message },
              locations: [
                { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line, startColumn: column } } },
              ],
            })),
          },
        ],
        results,
      },
    ],
  };
}

function descriptorOf({ id, title, about, loss, fix, sources, severity }: RuleDescription): ReportingDescriptor {
  const [helpUri] = sources;
  return {
    id,
    name: id.replace(/(^|-)(.)/g, (_, __, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: about },
    ...(helpUri === undefined ? {} : { helpUri }),
    help: {
      text: `${about}\n\nLost: ${loss}\n\nFix: ${fix}\n\nSources: ${sources.join(', ')}`,
      markdown: `${about}\n\n**Lost:** ${loss}\n\n**Fix:** ${fix}\n\n${sources.map((source) => `- <${source}>`).join('\n')}`,
    },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['kubernetes', 'storage', 'reliability'], precision: 'high' },
  };
}

function resultOf(finding: Finding, indexOf: ReadonlyMap<string, number>): Result {
  const { rule, severity, object, path, message, evidence, loss, fix, confidence, workload } = finding;
  const ruleIndex = indexOf.get(rule);
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: LEVELS[severity],
    message: { text: `${message}. Lost: ${loss}. Fix: ${fix}.` },
    locations: [locationOf(object, path)],
    relatedLocations: evidence.map((link, id) => ({
      ...locationOf(link.object, link.path),
      id,
      message: { text: `${titleOf(link.object)} ${link.says}` },
    })),
    partialFingerprints: { 'holdfastFinding/v1': fingerprintOf(finding) },
    properties: { confidence, workload: workload ? titleOf(workload.source) : titleOf(object) },
  };
}

function locationOf(object: SourcedObject, path: FieldPath): Location {
  const { line, column } = object.place(path);
  return {
    physicalLocation: { artifactLocation: { uri: uriOf(object.file) }, region: { startLine: line, startColumn: column } },
    logicalLocations: [{ fullyQualifiedName: `${titleOf(object)} ${pathText(path)}`.trim(), kind: 'object' }],
  };
}

/** Relative where the file was named so; GitHub matches it with the repository's files. */
function uriOf(file: string): string {
  const path = file === '<stdin>' ? 'stdin' : file.replaceAll('\\', '/').replace(/^\.\//, '');
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}
