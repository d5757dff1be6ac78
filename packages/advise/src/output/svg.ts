// The picture of a workload as SVG: boxes in columns, arrows between them, boxes coloured by the gravest finding that concerns them.
import type { Picture, PictureNode } from '../model/picture.ts';
import { type Evidence, type Finding, SEVERITIES, type Severity } from '../rule.ts';
import { escapeMarkup } from './escape.ts';

/** In pixels. */
const BOX = { width: 190, height: 46, gapX: 44, gapY: 14, margin: 8 } as const;
/** So many characters fit into a box. */
const LABEL = 28;

/** A drawing with a title for readers of screens. Colours are the page's classes. */
export function toSvg({ nodes, edges }: Picture, findings: readonly Finding[], title: string): string {
  const columns = [...new Set(nodes.map(({ column }) => column))].sort((a, b) => a - b);
  const tallest = Math.max(...columns.map((column) => nodes.filter((node) => node.column === column).length));
  const height = BOX.margin * 2 + tallest * (BOX.height + BOX.gapY) - BOX.gapY;
  const width = BOX.margin * 2 + columns.length * (BOX.width + BOX.gapX) - BOX.gapX;
  const places = new Map(
    columns.flatMap((column, index) =>
      stack(
        nodes.filter((node) => node.column === column),
        index,
        height,
      ),
    ),
  );
  const arrows = edges.map(({ from, to, says }) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) return '';
    const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + BOX.height / 2, b.x, b.y + BOX.height / 2];
    const bend = (x2 - x1) / 2;
    return `<path class="edge" d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 5} ${y2}" marker-end="url(#arrow)"><title>${escapeMarkup(says)}</title></path>`;
  });
  const boxes = nodes.map((node) => {
    const place = places.get(node.id);
    return place ? box(node, place, gravest(node, findings)) : '';
  });
  return `<svg role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${escapeMarkup(title)}</title>${arrows.join('')}${boxes.join('')}</svg>`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Boxes of a column, in the middle of the height. */
function stack(nodes: readonly PictureNode[], column: number, height: number): readonly (readonly [string, Point])[] {
  const used = nodes.length * (BOX.height + BOX.gapY) - BOX.gapY;
  const top = (height - used) / 2;
  const x = BOX.margin + column * (BOX.width + BOX.gapX);
  return nodes.map(({ id }, index) => [id, { x, y: top + index * (BOX.height + BOX.gapY) }] as const);
}

function box({ kind, label }: PictureNode, { x, y }: Point, severity: Severity | undefined): string {
  const short = label.length > LABEL ? `${label.slice(0, LABEL - 1)}…` : label;
  return `<g class="box ${severity ?? 'fine'}"><title>${escapeMarkup(`${kind} ${label}`)}</title><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/><text class="kind" x="${x + 10}" y="${y + 17}">${escapeMarkup(kind)}</text><text x="${x + 10}" y="${y + 35}">${escapeMarkup(short)}</text></g>`;
}

/** Of findings that point at the box's object; boxes without one are concerned by their name. */
function gravest({ object, id }: PictureNode, findings: readonly Finding[]): Severity | undefined {
  const concerns = (link: Pick<Evidence, 'object'>): boolean => object !== undefined && link.object === object;
  const storage = id.startsWith('storage ') ? id : undefined;
  const severities = findings
    .filter((finding) => concerns(finding) || (storage !== undefined && finding.evidence.some(({ says }) => says.startsWith(storage))))
    .map(({ severity }) => severity);
  return SEVERITIES.toReversed().find((severity) => severities.includes(severity));
}
