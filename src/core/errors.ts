/** Every error an operator can meet: what happened, what to do, and the exit code (docs/cli.md lists them). */
export interface ErrorEntry {
  /** `{name}` is replaced by the value given to {@link fail}. */
  readonly title: string
  readonly hint: string
  readonly exit: ExitCode
}

/** 0 ran · 1 internal · 2 usage · 3 no readable input · 4 ran, some input unreadable · 10 --fail-on met · 130 Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 10 | 130

export const errors = {
  USAGE: { title: '{what}', hint: 'why5xx --help lists commands and options.', exit: 2 },
  INPUT_MISSING: {
    title: 'No such file or folder: {path}',
    hint: 'Check the path. A glob in quotes is expanded by why5xx itself.',
    exit: 3,
  },
  INPUT_NONE: {
    title: 'No load balancer log found in {paths}: {seen}',
    hint: 'Access logs are off until somebody switches them on. why5xx logs --load-balancer NAME prints how, and the lines that download the right hours.',
    exit: 3,
  },
  INPUT_UNREADABLE: { title: 'Cannot read {path}: {why}', hint: 'Check permissions, or leave the file out.', exit: 3 },
  DIAGNOSIS_INVALID: {
    title: 'Not a diagnosis: {name}: {why}',
    hint: 'A diagnosis is what why5xx LOG... --format json writes.',
    exit: 3,
  },
  DIAGNOSIS_VERSION: {
    title: '{name} is a diagnosis of schemaVersion {version}; this why5xx reads 1',
    hint: 'Read it with the why5xx that wrote it, or diagnose the logs again.',
    exit: 3,
  },
  EVIDENCE_INVALID: {
    title: 'Not evidence that why5xx saved: {folder}: {why}',
    hint: 'why5xx LOG... --save-evidence DIR writes such a folder; a damaged one must be written again from the logs.',
    exit: 3,
  },
  EVIDENCE_VERSION: {
    title: '{folder} holds evidence of version {version}; this why5xx reads {known}',
    hint: 'Read it with the why5xx that saved it ({savedBy}), or save it again from the logs.',
    exit: 3,
  },
  EVIDENCE_FOLDER: {
    title: 'Cannot save evidence in {folder}: {why}',
    hint: 'Choose another --save-evidence folder: a new one, an empty one, or one that holds evidence.',
    exit: 2,
  },
  COMPARE_EMPTY: {
    title: 'No requests {side}: nothing of {name} is a row of an ALB or Classic access log',
    hint: 'Check the path and --at; a rate needs requests on both sides.',
    exit: 3,
  },
  CONFIG_NONE: {
    title: 'No configuration that why5xx knows in {paths}',
    hint: 'Give manifests, nginx.conf, haproxy.cfg, a Dockerfile, gunicorn.conf.py, aws elbv2 JSON or a Terraform plan as JSON.',
    exit: 3,
  },
  LISTEN_FAILED: { title: 'Cannot listen on {address}: {why}', hint: 'Choose another address or port.', exit: 2 },
  LAB_SCENARIO_UNKNOWN: { title: 'No scenario {id}. Known: {known}', hint: 'why5xx lab list shows them.', exit: 2 },
  LAB_FIX_FOLDER: {
    title: '{folder} is not what why5xx fix writes: {why}',
    hint: 'why5xx fix DIAGNOSIS.json --output DIR writes such a folder.',
    exit: 2,
  },
  LAB_FIX_UNKNOWN: {
    title: 'Scenario {id} has no fix {fix}. Known: {known}',
    hint: 'why5xx lab list shows them.',
    exit: 2,
  },
  LAB_NOT_LINUX: {
    title: 'The lab needs a Linux kernel (network namespaces, iptables); this is {platform}',
    hint: 'Run it in a Linux virtual machine, or in a container with --privileged.',
    exit: 2,
  },
  LAB_NO_NAMESPACES: { title: 'The lab cannot make network namespaces: {why}', hint: '{remedy}', exit: 2 },
  LAB_PROGRAM_MISSING: { title: 'The lab needs {programs}', hint: 'On Debian: apt install {packages}', exit: 2 },
  LAB_PYTHON_MISSING: {
    title: 'The lab found no Python with {modules}',
    hint: 'why5xx lab setup installs pinned versions into .lab-venv; or on Debian: apt install python3-fastapi python3-uvicorn uvicorn gunicorn',
    exit: 2,
  },
  LAB_SETUP_FAILED: {
    title: 'Cannot install the lab’s Python servers: {why}',
    hint: 'Without the package index, Debian’s serve: apt install python3-fastapi python3-uvicorn uvicorn gunicorn',
    exit: 2,
  },
  LAB_WORLD: { title: '{what}', hint: '{hint}', exit: 2 },
  LAB_RUN_FAILED: {
    title: 'The lab run of {scenario} failed: {why}',
    hint: 'What it wrote so far lies in {folder}.',
    exit: 1,
  },
  OUTPUT_UNWRITABLE: { title: 'Cannot write {path}: {why}', hint: 'Choose another place to write to.', exit: 2 },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors

/** The one error class for what an operator can mend. Anything else that is thrown is a bug in why5xx. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly exit: ExitCode

  constructor(code: ErrorCode, values: Readonly<Record<string, string>>, options?: ErrorOptions) {
    super(fill(errors[code].title, values), options)
    this.name = 'AppError'
    this.code = code
    this.hint = fill(errors[code].hint, values)
    this.exit = errors[code].exit
  }
}

export function fail(code: ErrorCode, values: Readonly<Record<string, string>>, options?: ErrorOptions): never {
  throw new AppError(code, values, options)
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
