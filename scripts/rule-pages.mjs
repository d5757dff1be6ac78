// `npm run rules`: writes the page of each rule of `holdfast check`, and the tables of docs/checks.md, from what the rules say and find.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { MISTAKES, TOOLS } from './mistakes.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const {
  CHANGE_RULES,
  check,
  checkChanges,
  loadPaths,
  RULES: STATE_RULES,
  titleOf,
  toPage,
} = await tsImport('@holdfast/advise', import.meta.url);
const RULES = [...STATE_RULES, ...CHANGE_RULES];
const folderOf = (rule) => `packages/advise/src/${CHANGE_RULES.includes(rule) ? 'changes' : 'rules'}/${rule.id}`;

for (const rule of RULES) writeFileSync(join(root, folderOf(rule), 'README.md'), toPage(rule));

const found = new Map();
for (const rule of RULES) found.set(rule.id, await findsAll(rule));

const page = join(root, 'docs/checks.md');
const text = readFileSync(page, 'utf8');
writeFileSync(page, between(between(text, 'rules', rulesTable()), 'mistakes', mistakesTable()));
console.log(`${RULES.length} rules: pages and docs/checks.md written`);

/** Whether the rule finds each of its bad examples, with the workload that the example names. */
async function findsAll(rule) {
  const folder = join(root, folderOf(rule), 'examples');
  for (const file of readdirSync(folder).filter((name) => name.startsWith('bad'))) {
    const path = join(folder, file);
    const wanted = /^# finds: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1];
    const findings = CHANGE_RULES.includes(rule)
      ? await changesIn(rule, path)
      : check(await loadPaths([path], async () => ''), { rules: [rule] }).findings;
    if (!findings.some(({ workload, object }) => titleOf(workload?.source ?? object) === wanted)) return false;
  }
  return true;
}

/** A line '# after' parts what was from what is to be. */
async function changesIn(rule, path) {
  const halves = readFileSync(path, 'utf8').split(/^# after$/m);
  const [before, after] = await Promise.all(halves.map((half) => loadPaths(['-'], async () => half)));
  return checkChanges(before, after, { rules: [rule] });
}

function rulesTable() {
  const rows = RULES.map((rule) => `| [${rule.id}](../${folderOf(rule)}/README.md) | ${rule.severity} | ${rule.title} |`);
  return ['| rule | severity | about |', '|---|---|---|', ...rows].join('\n');
}

function mistakesTable() {
  const rows = MISTAKES.map(([number, mistake, letters]) => {
    const rules = RULES.filter(({ mistakes }) => mistakes.includes(number));
    const own = rules.length === 0 ? '-' : rules.every(({ id }) => found.get(id)) ? 'Y' : 'P';
    const names = rules.map((rule) => `[${rule.id}](../${folderOf(rule)}/README.md)`).join(', ');
    return `| ${number} | ${mistake} | **${own}** | ${names} | ${letters.split(' ').join(' | ')} |`;
  });
  const head = ['#', 'mistake', 'Holdfast', 'rules', ...TOOLS];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n');
}

function between(all, mark, content) {
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const from = all.indexOf(start) + start.length;
  const to = all.indexOf(end);
  if (from < start.length || to < from) throw new Error(`docs/checks.md has no marks ${start} and ${end}`);
  return `${all.slice(0, from)}\n${content}\n${all.slice(to)}`;
}
