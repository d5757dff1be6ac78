// The page of a rule, for --explain and as its README: made of what the rule says about itself.
import type { RuleDescription } from '../rule.ts';

/** Markdown. `npm run rules` writes it to the rule's README.md. */
export function toPage({ id, title, about, loss, fix, sources, mistakes, severity }: RuleDescription): string {
  const rows = mistakes.length === 0 ? '' : ` Mistake ${mistakes.join(', ')} of [docs/checks.md](../../../../../docs/checks.md).`;
  return `# ${id}

${sentence(title)} Severity: ${severity}.${rows}

**Why, and by what evidence.** ${about}

**What is lost.** ${sentence(loss)}

**Fix.** ${sentence(fix)}

**Examples** in [examples/](examples): \`bad*\` are found, \`good*\` are not; they are the tests of the rule.

**Sources.** ${sources.map((source) => `<${source}>`).join(', ')}
`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
