export interface Glyphs {
  readonly ellipsis: string
  readonly dot: string
  readonly dash: string
  readonly bullet: string
  /** Levels of a one-row chart, lowest first, all above zero. */
  readonly levels: readonly string[]
  /** Parts of one bar cell, thinnest first. */
  readonly parts: readonly string[]
  readonly axis: { readonly corner: string; readonly line: string; readonly tick: string }
}

export const unicodeGlyphs: Glyphs = {
  ellipsis: '…',
  dot: '·',
  dash: '–',
  bullet: '•',
  levels: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  parts: ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  axis: { corner: '└', line: '─', tick: '┬' },
}

export const asciiGlyphs: Glyphs = {
  ellipsis: '...',
  dot: '-',
  dash: '-',
  bullet: '*',
  levels: ['.', ':', '-', '=', '+', '*', '#', '@'],
  parts: ['#'],
  axis: { corner: '+', line: '-', tick: '+' },
}
