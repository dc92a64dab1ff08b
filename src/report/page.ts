import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface PageParts {
  /** Plain text. */
  readonly title: string
  /** Markup that stands before the script, so that the script finds it. Already safe. */
  readonly before: string
  /** Markup that the browser may read after the first paint. Already safe. */
  readonly after: string
  /** For readers without scripts. Already safe. */
  readonly noscript: string
  /** A file has no response headers, so its policy stands in the page. */
  readonly hasPolicyInside: boolean
}

export interface Page {
  readonly html: string
  /** Hashes for a Content-Security-Policy: nothing else may run. */
  readonly scriptHash: string
  readonly styleHash: string
}

/** The page around the built web/ script and stylesheet: used by the one-file report and by the server. */
export function composePage(parts: PageParts): Page {
  const { script, style, scriptHash, styleHash } = assets()
  const policy = `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; img-src data: blob:; base-uri 'none'; form-action 'none'`
  const html = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    ...(parts.hasPolicyInside ? [`<meta http-equiv="Content-Security-Policy" content="${policy}">`] : []),
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="color-scheme" content="light dark">',
    '<link rel="icon" href="data:,">',
    `<title>${escapeHtml(parts.title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div id="root"></div>',
    `<noscript>${parts.noscript}</noscript>`,
    parts.before,
    `<script>${script}</script>`,
    parts.after,
    '</body>',
    '</html>',
    '',
  ].join('\n')
  return { html, scriptHash, styleHash }
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** JSON inside a script element: `<` could end it or begin a comment, U+2028 and U+2029 end a line in old parsers. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

interface Assets {
  readonly script: string
  readonly style: string
  readonly scriptHash: string
  readonly styleHash: string
}

let kept: Assets | undefined

function assets(): Assets {
  if (kept) return kept
  // dist/report/page.js beside dist/web/; src/report/page.ts (tests) beside dist/ of the last build.
  const folder = new URL(import.meta.url.endsWith('.ts') ? '../../dist/web/' : '../web/', import.meta.url)
  // Inside a script element these two would end it, or hide its end.
  const script = readFileSync(new URL('app.js', folder), 'utf8')
    .replaceAll('</script', '<\\/script')
    .replaceAll('<!--', '<\\!--')
  const style = readFileSync(new URL('app.css', folder), 'utf8')
  kept = { script, style, scriptHash: hash(script), styleHash: hash(style) }
  return kept
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
