import type { NginxDirective } from './nginx-syntax.ts'
import { parseNginx } from './nginx-syntax.ts'
import type { Remark } from './proxy-settings.ts'
import type { FileHost } from './source-file.ts'

/** Files that come with every nginx package and hold no setting of ours. */
const packaged = /(^|\/)(mime\.types|(fastcgi|uwsgi|scgi|proxy)_params|fastcgi\.conf|koi-utf|win-utf)$/
const mostFiles = 200

/** The tree with every `include` replaced by what it names. nginx resolves them against the folder of nginx.conf. */
export function resolveIncludes(
  directives: readonly NginxDirective[],
  folder: string,
  host: FileHost,
  remarks: Remark[],
  seen: readonly string[] = [],
): NginxDirective[] {
  const found: NginxDirective[] = []
  for (const directive of directives) {
    if (directive.name === 'include' && directive.block === null) {
      found.push(...included(directive, folder, host, remarks, seen))
      continue
    }
    const isOpaque = directive.name.endsWith('_by_lua_block')
    const block = directive.block && !isOpaque ? resolveIncludes(directive.block, folder, host, remarks, seen) : null
    found.push({ ...directive, block: directive.block ? (block ?? []) : null })
  }
  return found
}

function included(
  directive: NginxDirective,
  folder: string,
  host: FileHost,
  remarks: Remark[],
  seen: readonly string[],
): NginxDirective[] {
  const pattern = directive.words[0] ?? ''
  const isGlob = /[*?[]/.test(pattern)
  const paths = candidates(pattern, folder).flatMap((path) =>
    isGlob ? host.glob(path) : host.read(path) === undefined ? [] : [path],
  )
  const unique = [...new Set(paths)]
  // nginx takes a glob that matches nothing as nothing.
  if (unique.length === 0 && !isGlob && !packaged.test(pattern))
    remarks.push({
      rule: 'include-missing',
      at: directive.at,
      message: `include ${pattern}: not found next to this file, so what it sets was not checked`,
    })
  const chosen = isGlob ? unique : unique.slice(0, 1)
  const result: NginxDirective[] = []
  for (const path of chosen) {
    if (seen.includes(path) || seen.length > mostFiles) {
      remarks.push({ rule: 'include-missing', at: directive.at, message: `include ${pattern} includes itself` })
      continue
    }
    const text = host.read(path)
    if (text === undefined || packaged.test(path)) continue
    const parsed = parseNginx(path, text)
    for (const error of parsed.errors) remarks.push({ rule: 'nginx-syntax', ...error })
    result.push(...resolveIncludes(parsed.directives, folder, host, remarks, [...seen, path]))
  }
  return result
}

/** `/etc/nginx/conf.d/x.conf` is `conf.d/x.conf` in a repository. */
function candidates(pattern: string, folder: string): string[] {
  const join = (path: string): string => (folder === '' || folder === '.' ? path : `${folder}/${path}`)
  if (!pattern.startsWith('/')) return [join(pattern)]
  const inside = /^\/(?:etc\/nginx|usr\/local\/nginx\/conf|usr\/local\/openresty\/nginx\/conf)\/(.+)$/.exec(
    pattern,
  )?.[1]
  return inside ? [join(inside), pattern] : [pattern]
}
