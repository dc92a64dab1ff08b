import type { AnsweredBy, Confidence, Hop, Symptom } from './vocabulary.ts'

/** The whole result of a run. Plain data: every reporter and the UI are its clients. Absent values are null. */
export interface Diagnosis {
  readonly schemaVersion: 1
  readonly tool: { readonly name: 'why5xx'; readonly version: string; readonly generatedAt: string }
  /** false when the run was interrupted: what is known so far. */
  readonly complete: boolean
  readonly inputs: readonly InputReport[]
  readonly books: Books
  /** First and last response, ISO 8601 UTC; null without requests. */
  readonly window: TimeWindow | null
  /** Failures by who answered. */
  readonly answeredBy: Readonly<Record<AnsweredBy, number>>
  /** Most failures first. */
  readonly symptoms: readonly { readonly symptom: Symptom; readonly failures: number }[]
  /** Undetermined first, then by failures. Every failure is in exactly one. */
  readonly findings: readonly Finding[]
  readonly top: {
    readonly targets: readonly TopRow[]
    readonly routes: readonly TopRow[]
    readonly minutes: readonly TopRow[]
    readonly targetGroups: readonly TopRow[]
  }
  readonly load: readonly LoadRow[]
  readonly settings: {
    readonly byLoadBalancer: readonly LoadBalancerSettings[]
    readonly byTargetGroup: readonly TargetGroupSettings[]
  }
  readonly series: Series | null
  readonly failureRows: FailureRows | null
  readonly witnesses: readonly WitnessReport[]
  /** What was not there, and what it would have told. */
  readonly missing: readonly Missing[]
  /** Rows that contradict themselves: flagged, not believed. */
  readonly contradictions: readonly Contradiction[]
  readonly errors: readonly RunError[]
}

export interface TimeWindow {
  readonly start: string
  readonly end: string
}

export interface InputReport {
  readonly name: string
  /** Format id (`alb`, `classic`, `nlb`, `alb-connection`, `alb-health-check`, `alb-json`, `alb-csv` ...) or null when it is none. */
  readonly format: string | null
  /** Bytes on disk that were read. */
  readonly bytes: number
  readonly rows: number
  readonly parsed: number
  readonly skipped: number
  readonly bad: number
  /** The first five rows that did not parse, shortened to 500 characters. */
  readonly badSamples: readonly string[]
  /** Why the input was cut short, or null. */
  readonly truncated: string | null
  /** Why nothing was read from it (duplicate, test file, not a log ...), or null. */
  readonly note: string | null
}

/** rows = parsed + skipped + bad; failures = elb5xx + target5xx + clientLeft = explained + undetermined. */
export interface Books {
  readonly rows: number
  readonly parsed: number
  readonly skipped: number
  readonly bad: number
  readonly requests: number
  readonly failures: number
  readonly elb5xx: number
  readonly target5xx: number
  readonly clientLeft: number
  /** 4XX that the load balancer made; not failures. */
  readonly rejected: number
  readonly explained: number
  readonly undetermined: number
}

export interface Finding {
  /** Stable within a diagnosis: cause or symptom plus a number, `connection-refused-1`. */
  readonly id: string
  /** Catalogue id, or null when undetermined. */
  readonly cause: string | null
  /** One plain sentence: what happened. */
  readonly title: string
  readonly symptom: Symptom
  /** Further symptoms of the same cause in this finding. */
  readonly otherSymptoms: readonly Symptom[]
  readonly hop: Hop | null
  /** null = undetermined. */
  readonly confidence: Confidence | null
  readonly failures: number
  /** Requests in the finding's scope and window (the denominator); for findings about 4XX, the rejected requests. */
  readonly requests: number
  readonly window: TimeWindow
  readonly scope: Scope
  /** Sentences with numbers. */
  readonly because: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly ruledOut: readonly { readonly cause: string; readonly why: string }[]
  readonly candidates: readonly { readonly cause: string; readonly settledBy: readonly string[] }[]
  readonly samples: readonly SampleRow[]
  readonly fixes: readonly Fix[]
}

/** What a finding claims to be about. An absent list means: not limited in that dimension. */
export interface Scope {
  readonly loadBalancers: readonly string[]
  readonly targetGroups?: readonly string[]
  readonly targets?: readonly string[]
  readonly nodes?: readonly string[]
  readonly routes?: readonly string[]
}

export type Evidence = CountEvidence | SeriesEvidence | HistogramEvidence | TableEvidence

interface EvidenceBase {
  /** Which measurement: `echo`, `elapsed`, `open-requests` ... */
  readonly id: string
  readonly title: string
}

/** `value` of `of`, beside the same measure over healthy requests. */
export interface CountEvidence extends EvidenceBase {
  readonly kind: 'count'
  readonly value: number
  readonly of: number | null
  /** `requests`, `s`, `%` ... */
  readonly unit: string
  readonly control: { readonly label: string; readonly value: number; readonly of: number | null } | null
}

export interface SeriesEvidence extends EvidenceBase {
  readonly kind: 'series'
  readonly start: string
  readonly stepSeconds: number
  readonly unit: string
  readonly lines: readonly { readonly label: string; readonly values: readonly number[] }[]
}

/** `counts[i]` lies in `[edges[i], edges[i + 1])`; `control` is scaled to the same number of trials. */
export interface HistogramEvidence extends EvidenceBase {
  readonly kind: 'histogram'
  readonly unit: string
  /** What the bars count; left out: failures. */
  readonly label?: string
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  readonly control: { readonly label: string; readonly counts: readonly number[] } | null
  readonly marks: readonly { readonly at: number; readonly label: string }[]
}

export interface TableEvidence extends EvidenceBase {
  readonly kind: 'table'
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export interface SampleRow {
  readonly input: string
  /** 1-based line number in the input. */
  readonly row: number
  /** The row as it stands in the log, at most 4,000 characters. */
  readonly raw: string
  /** Names of the fields that decided (`elb_status_code`, `target_status_code` ...). */
  readonly decidedBy: readonly string[]
}

export interface Fix {
  readonly title: string
  readonly hop: Hop
  readonly safety: 'safe' | 'review'
  /** What to write, as text. */
  readonly patch: string
  readonly undo: string
  readonly because: string
}

export interface TopRow {
  readonly key: string
  readonly requests: number
  readonly failures: number
  readonly elb5xx: number
  readonly target5xx: number
}

export interface LoadRow {
  readonly loadBalancer: string
  readonly targetGroup: string | null
  readonly target: string
  readonly requestsPerSecond: { readonly mean: number; readonly peak: number }
  readonly serviceSeconds: {
    readonly mean: number
    readonly p50: number
    readonly p99: number
    /** Squared coefficient of variation. */
    readonly cv2: number
  } | null
  readonly openRequests: { readonly p99: number; readonly max: number } | null
}

/** A setting that was given on the command line, inferred from the rows, or the documented default. */
export interface SettingValue<T = number> {
  readonly value: T
  readonly source: 'given' | 'inferred' | 'default'
  /** A sentence with the numbers behind it. */
  readonly because: string
}

export interface LoadBalancerSettings {
  readonly loadBalancer: string
  /** `k8s-NAMESPACE-NAME-HASH` read back, or null. */
  readonly kubernetes: { readonly namespace: string; readonly name: string } | null
  readonly nodes: readonly string[]
  readonly idleTimeoutSeconds: SettingValue
  readonly connectTimeoutSeconds: SettingValue
  readonly clientTimeoutsSeconds: readonly SettingValue[]
}

export interface TargetGroupSettings {
  readonly loadBalancer: string
  /** ARN. */
  readonly targetGroup: string
  readonly name: string
  readonly kubernetes: { readonly namespace: string; readonly name: string } | null
  readonly targets: number
  /** `instance` when every port is a NodePort (30000-32767). */
  readonly targetType: 'instance' | 'ip' | 'unknown'
  readonly keepAliveSeconds: (SettingValue & { readonly servers: readonly string[] }) | null
  readonly concurrencyLimit: SettingValue | null
  readonly others: readonly (SettingValue<number | string> & { readonly name: string; readonly unit: string })[]
}

/** Counts per step. All lists have the same length. */
export interface Series {
  readonly stepSeconds: number
  readonly start: string
  readonly columns: {
    readonly requests: readonly number[]
    readonly answeredBy: Readonly<Record<AnsweredBy, readonly number[]>>
    /** Failures by status as the client got it and who answered: `load-balancer 502`, `target 504`, `nobody 460`. */
    readonly status: Readonly<Record<string, readonly number[]>>
  }
}

/** The first N failures as columns; `names` hold the strings that index columns point into (-1 = absent). */
export interface FailureRows {
  readonly total: number
  readonly kept: number
  readonly names: {
    readonly inputs: readonly string[]
    readonly loadBalancers: readonly string[]
    readonly targetGroups: readonly string[]
    readonly targets: readonly string[]
    readonly nodes: readonly string[]
    readonly routes: readonly string[]
    readonly symptoms: readonly string[]
    readonly findings: readonly string[]
  }
  readonly columns: {
    readonly input: readonly number[]
    readonly row: readonly number[]
    readonly time: readonly (string | null)[]
    readonly created: readonly (string | null)[]
    readonly elapsedMs: readonly (number | null)[]
    readonly requestSeconds: readonly (number | null)[]
    readonly targetSeconds: readonly (number | null)[]
    readonly responseSeconds: readonly (number | null)[]
    readonly elbStatus: readonly (number | null)[]
    readonly targetStatus: readonly (number | null)[]
    readonly receivedBytes: readonly (number | null)[]
    readonly sentBytes: readonly (number | null)[]
    readonly loadBalancer: readonly number[]
    readonly targetGroup: readonly number[]
    readonly target: readonly number[]
    readonly node: readonly number[]
    readonly route: readonly number[]
    readonly symptom: readonly number[]
    readonly finding: readonly number[]
    readonly answeredBy: readonly AnsweredBy[]
    readonly traceId: readonly (string | null)[]
    /** Request line, client and user agent as logged, each at most 500 characters. */
    readonly request: readonly (string | null)[]
    readonly client: readonly (string | null)[]
    readonly userAgent: readonly (string | null)[]
  }
}

export interface WitnessReport {
  readonly name: string
  readonly kind: string
  readonly rows: number
  readonly window: TimeWindow | null
  readonly because: readonly string[]
  /** What happened when, to be marked beside the failures: a deploy, a failed probe, a reload. At most 200. */
  readonly events?: readonly WitnessEvent[]
}

export interface WitnessEvent {
  /** ISO 8601 UTC. */
  readonly time: string
  readonly what: string
}

export interface Missing {
  readonly what: string
  /** What it would have told, and how to get it. */
  readonly why: string
}

export interface Contradiction {
  readonly what: string
  readonly rows: number
  readonly samples: readonly SampleRow[]
}

export interface RunError {
  readonly where: string
  readonly message: string
  readonly hint: string | null
}
