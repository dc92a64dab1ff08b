import type { SourceFile } from './read/source-file.ts'

export type FileKind = 'yaml' | 'nginx' | 'haproxy' | 'dockerfile' | 'gunicorn' | 'json' | 'unknown'

/** What a file is, by its name first and its first lines second. */
export function detectKind(file: SourceFile): FileKind {
  const name = file.name.slice(Math.max(file.name.lastIndexOf('/'), file.name.lastIndexOf('\\')) + 1).toLowerCase()
  if (/\.ya?ml(\.tpl|\.tmpl)?$/.test(name)) return 'yaml'
  if (/^(docker|container)file(\.|$)|\.(docker|container)file$/.test(name)) return 'dockerfile'
  if (/gunicorn.*\.py$/.test(name)) return 'gunicorn'
  if (/\.json$/.test(name)) return 'json'
  if (/haproxy.*\.cfg$|^haproxy\.cfg/.test(name)) return 'haproxy'
  // .conf belongs to many programs (redis, Apache); only nginx writes blocks of these names.
  if (/\.conf(\.template)?$/.test(name)) return looksLikeNginx(file.text) || name === 'nginx.conf' ? 'nginx' : 'unknown'
  // A name with another ending says what it is; a name without one, or standard input, is judged by its text.
  return /\.[a-z]\w*$/.test(name) ? 'unknown' : detectContent(file.text)
}

function detectContent(text: string): FileKind {
  const start = text.slice(0, 20_000)
  if (/^\s*[[{]\s*["\]}{]/.test(start)) return 'json'
  if (/^apiVersion:|^kind:|^---\s*$/m.test(start)) return 'yaml'
  if (/^\s*(global|defaults|frontend|backend)\b[^{]*$/m.test(start) && /^\s*(bind|server|timeout)\s/m.test(start))
    return 'haproxy'
  if (looksLikeNginx(start)) return 'nginx'
  if (/^FROM\s+\S+/im.test(start)) return 'dockerfile'
  return 'unknown'
}

function looksLikeNginx(text: string): boolean {
  return /^\s*(http|events|server|upstream\s+\S+|location\s+[^\n{]+)\s*\{/m.test(text) && !/^\s*func\s/m.test(text)
}
