import causes from './causes.ts'
import check from './check.ts'
import type { CommandSpec } from './command.ts'
import compare from './compare.ts'
import diagnose from './diagnose.ts'
import explain from './explain.ts'
import fix from './fix.ts'
import formats from './formats.ts'
import { labCommand } from './lab.ts'
import logs from './logs.ts'
import ui from './ui.ts'

/** In the order of the help text. One file per command; add yours here. */
export const commands: readonly CommandSpec[] = [
  diagnose,
  explain,
  compare,
  logs,
  check,
  fix,
  ui,
  causes,
  formats,
  labCommand,
]
