// A check's outcome as JSON.
import type { CheckResult } from '../check.ts';
import { pathText, titleOf } from '../model/sourced-object.ts';
import type { Evidence, Finding } from '../rule.ts';

/** The object that `--json` prints; docs/checks.md describes it. */
export function toJson({ findings, graph, loaded, notRun }: CheckResult): unknown {
  return {
    version: 1,
    summary: {
      objects: loaded.objects.length,
      workloads: graph.workloads.length,
      databases: graph.workloads.filter(({ database }) => database.length > 0).length,
    },
    findings: findings.map(findingJson),
    problems: loaded.problems,
    duplicates: loaded.duplicates.map(({ again, first }) => ({
      object: titleOf(again),
      file: again.file,
      ...again.place([]),
      first: { file: first.file, ...first.place([]) },
    })),
    notRun,
  };
}

function findingJson({ rule, severity, object, path, message, evidence, loss, fix, confidence, workload }: Finding): unknown {
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
  };
}

function evidenceJson({ object, path, says }: Evidence): unknown {
  return { object: titleOf(object), path: pathText(path), file: object.file, ...object.place(path), says };
}
