// A check's outcome as one HTML page that needs nothing else: each workload drawn with what belongs to it, and its findings beside.
import type { CheckResult } from '../check.ts';
import { pictureOf } from '../model/picture.ts';
import { pathText, titleOf } from '../model/sourced-object.ts';
import type { Workload } from '../model/workload.ts';
import { type Finding, SEVERITIES } from '../rule.ts';
import { escapeMarkup } from './escape.ts';
import { bySubject } from './human.ts';
import { STYLE } from './style.ts';
import { toSvg } from './svg.ts';

/** Databases first, then other workloads with findings, then what belongs to none. */
export function toHtml(result: CheckResult): string {
  const { graph, findings, loaded, notRun } = result;
  const ofWorkload = (workload: Workload): readonly Finding[] => findings.filter((finding) => finding.workload === workload);
  const shown = graph.workloads.filter((workload) => workload.database.length > 0 || ofWorkload(workload).length > 0);
  const sections = shown
    .toSorted((a, b) => weight(ofWorkload(b)) - weight(ofWorkload(a)))
    .map((workload) => section(titleOf(workload.source), workload, ofWorkload(workload), result));
  const others = [...bySubject(findings.filter(({ workload }) => workload === undefined || !graph.workloads.includes(workload)))];
  const rest = others.map(([subject, found]) => `<section><h2>${escapeMarkup(subject)}</h2>${found.map(article).join('')}</section>`);
  const problems = [
    ...loaded.problems.map(({ file, line, column, message }) => `not checked: ${file}:${line}:${column} ${message}`),
    ...notRun.map(({ rule, lacks }) => `not run: ${rule}, since ${lacks.join(' and ')} could not be listed`),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>holdfast check: ${findings.length} findings</title>
<style>${STYLE}</style>
</head>
<body>
<svg width="0" height="0" aria-hidden="true"><defs><marker id="arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs></svg>
<header>
<h1>holdfast check</h1>
<p>${loaded.objects.length} objects, ${graph.workloads.length} workloads, ${graph.workloads.filter(({ database }) => database.length > 0).length} databases</p>
<p>${SEVERITIES.toReversed()
    .map((severity) => `<span class="badge ${severity}">${findings.filter((one) => one.severity === severity).length} ${severity}</span>`)
    .join(' ')}</p>
${problems.length === 0 ? '' : `<ul class="problems">${problems.map((problem) => `<li>${escapeMarkup(problem)}</li>`).join('')}</ul>`}
</header>
<main>
${[...sections, ...rest].join('\n') || '<p>Nothing was found.</p>'}
</main>
</body>
</html>
`;
}

function section(title: string, workload: Workload, found: readonly Finding[], { graph }: CheckResult): string {
  const engine = workload.engine ? ` <small>${escapeMarkup(workload.engine.name)}</small>` : '';
  const picture = toSvg(pictureOf(graph, workload), found, `${title} and what belongs to it`);
  const list = bySubject(found);
  const articles = [...list.values()].flat().map(article).join('');
  return `<section><h2>${escapeMarkup(title)}${engine}</h2><div class="picture">${picture}</div>${articles || '<p>Nothing was found.</p>'}</section>`;
}

function article({ severity, rule, message, object, path, evidence, loss, fix, confidence }: Finding): string {
  const { line, column } = object.place(path);
  const links = evidence.map(
    (link) =>
      `<li>${escapeMarkup(`${titleOf(link.object)} ${link.says}`)} <code>${escapeMarkup(`${link.object.file}:${link.object.place(link.path).line}`)}</code></li>`,
  );
  return `<details class="${severity}"${severity === 'error' ? ' open' : ''}><summary><span class="badge ${severity}">${severity}</span> <b>${escapeMarkup(rule)}</b> ${escapeMarkup(message)}</summary>
<p><code>${escapeMarkup(`${object.file}:${line}:${column} ${pathText(path)}`)}</code></p><ul>${links.join('')}</ul>
<p><b>Lost:</b> ${escapeMarkup(loss)}</p><p><b>Fix:</b> ${escapeMarkup(fix)}</p><p>Confidence: ${confidence}</p></details>`;
}

function weight(findings: readonly Finding[]): number {
  return findings.reduce((sum, { severity }) => sum + 100 ** SEVERITIES.indexOf(severity), 0);
}
