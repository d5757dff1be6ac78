// A check's outcome as JSON, as schema/findings.schema.json describes it.
import type { CheckResult } from '../check.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { pathText, titleOf } from '../model/sourced-object.ts';
import type { Evidence, Finding } from '../rule.ts';

/** The object that `--json` prints. */
export function toJson({ findings, graph, loaded, notRun, suppressed }: CheckResult): unknown {
  return {
    version: 1,
    summary: {
      objects: loaded.objects.length,
      workloads: graph.workloads.length,
      databases: graph.workloads.filter(({ database }) => database.length > 0).length,
    },
    findings: findings.map(findingJson),
    suppressed: suppressed.map(({ finding, by, reason }) => ({ rule: finding.rule, object: titleOf(finding.object), by, reason })),
    problems: loaded.problems,
    duplicates: loaded.duplicates.map(({ again, first }) => ({
      object: titleOf(again),
      file: again.file,
      ...again.place([]),
      first: { file: first.file, ...first.place([]) },
    })),
    unknownKinds: Object.fromEntries(graph.unknownKinds),
    notRun,
  };
}

function findingJson(finding: Finding): unknown {
  const { rule, severity, object, path, message, evidence, loss, fix, confidence, workload } = finding;
  const { line, column } = object.place(path);
  return {
    rule,
    severity,
    object: titleOf(object),
    path: pathText(path),
    file: object.file,
    line,
    column,
    message,
    workload: workload ? titleOf(workload.source) : null,
    evidence: evidence.map(evidenceJson),
    loss,
    fix,
    confidence,
    fingerprint: fingerprintOf(finding),
  };
}

function evidenceJson({ object, path, says }: Evidence): unknown {
  return { object: titleOf(object), path: pathText(path), file: object.file, ...object.place(path), says };
}
