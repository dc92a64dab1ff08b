import { traceIdsIn } from '../../core/trace-id.ts'
import { asList, asObject, asText, asTime, type Json } from './json-document.ts'

export interface SentryEvent {
  readonly id: string
  /** Where the SDK runs: `client` in browsers and phones, `app` in servers. */
  readonly side: 'client' | 'app' | 'unknown'
  readonly timeMs: number
  readonly title: string
  readonly method: string | undefined
  /** Without scheme, host and query. */
  readonly path: string | undefined
  readonly status: number | undefined
  readonly traceIds: readonly string[]
}

const CLIENT =
  /browser|react|vue|angular|svelte|ember|cocoa|swift|apple|android|flutter|dart|unity|electron|capacitor|native/i
const APP = /python|node|java(?!script)|ruby|php|dotnet|\bgo\b|rust|elixir|django|fastapi|flask|express|nestjs|laravel/i

/**
 * Events as Sentry's API, its event download and its webhooks write them: one, a list, or one per line.
 * https://docs.sentry.io/api/events/ · https://develop.sentry.dev/sdk/data-model/event-payloads/
 */
export function readSentry(values: readonly unknown[]): SentryEvent[] {
  return values.flatMap((value) => (Array.isArray(value) ? value : [value])).map((value) => readEvent(asObject(value)))
}

function readEvent(outer: Json): SentryEvent {
  // Webhooks wrap the event.
  const event = 'data' in outer && 'event' in asObject(outer.data) ? asObject(asObject(outer.data).event) : outer
  const request = requestOf(event)
  const tags = tagsOf(event)
  const sdk = asText(asObject(event.sdk).name) ?? ''
  const platform = asText(event.platform) ?? ''
  const response = asObject(asObject(event.contexts).response)
  const title = asText(event.title) ?? asText(asObject(event.metadata).value) ?? asText(event.message) ?? ''
  const url = asText(request.url) ?? tags.get('url') ?? urlOfCrumb(event, 'url')
  const crumbMethod = urlOfCrumb(event, 'method')
  const status =
    Number(response.status_code ?? tags.get('http.status_code') ?? tags.get('status_code')) ||
    Number(urlOfCrumb(event, 'status_code')) ||
    Number(/\b(?:status(?: code)?:?|HTTP) ?(5\d\d|460)\b/i.exec(title)?.[1])
  const method = asText(request.method) ?? tags.get('http.method') ?? crumbMethod
  return {
    id: asText(event.eventID) ?? asText(event.event_id) ?? asText(event.id) ?? '',
    side: sideOf(sdk, platform),
    timeMs: asTime(event.dateCreated ?? event.timestamp ?? event.datetime ?? event.received),
    title,
    method: method?.toUpperCase(),
    path: url === undefined ? undefined : pathOf(url),
    status: status >= 100 && status <= 999 ? status : undefined,
    traceIds: traceIdsIn(JSON.stringify([request.headers ?? [], [...tags.values()], event.extra ?? {}])),
  }
}

function sideOf(sdk: string, platform: string): SentryEvent['side'] {
  const name = sdk === '' ? platform : sdk
  if (/nextjs|remix|sveltekit|nuxt|astro/i.test(name)) return 'unknown'
  if (CLIENT.test(name)) return 'client'
  if (APP.test(name)) return 'app'
  return platform === 'javascript' ? 'client' : 'unknown'
}

function requestOf(event: Json): Json {
  const entry = asList(event.entries)
    .map(asObject)
    .find((each) => each.type === 'request')
  return entry ? asObject(entry.data) : asObject(event.request)
}

/** `[{key, value}]` from the API, `[[key, value]]` or an object from elsewhere. */
function tagsOf(event: Json): Map<string, string> {
  const tags = new Map<string, string>()
  if (Array.isArray(event.tags))
    for (const tag of event.tags) {
      const [key, value] = Array.isArray(tag) ? tag : [asObject(tag).key, asObject(tag).value]
      if (typeof key === 'string') tags.set(key, String(value))
    }
  else for (const [key, value] of Object.entries(asObject(event.tags))) tags.set(key, String(value))
  return tags
}

/** Browsers report the page in `request`; the request that failed is the last http breadcrumb. */
function urlOfCrumb(event: Json, key: 'url' | 'method' | 'status_code'): string | undefined {
  const entry = asList(event.entries)
    .map(asObject)
    .find((each) => each.type === 'breadcrumbs')
  const crumbs = asList(entry ? asObject(entry.data).values : (asObject(event.breadcrumbs).values ?? event.breadcrumbs))
  const last = crumbs
    .map(asObject)
    .findLast((crumb) => /^(xhr|fetch|http|ky|axios)$/.test(String(crumb.category ?? crumb.type)))
  const value = last ? asObject(last.data)[key] : undefined
  return value === undefined || value === null ? undefined : String(value)
}

function pathOf(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '')
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}
