import { defineCommand } from './command.ts'
import { labAlbCommand } from './lab-alb.ts'
import { labListCommand } from './lab-list.ts'
import { labRecordCommand } from './lab-record.ts'
import { labRunCommand } from './lab-run.ts'
import { labSetupCommand } from './lab-setup.ts'

export const labCommand = defineCommand({
  name: 'lab',
  summary: 'reproduce incidents with a real kernel, real servers and a load balancer stand-in',
  options: [],
  examples: [
    'why5xx lab list',
    'why5xx lab run missing-502',
    'why5xx lab alb --listen 127.0.0.1:8080 --target 127.0.0.1:8000 --log-dir ./logs',
  ],
  subcommands: [labListCommand, labRunCommand, labRecordCommand, labSetupCommand, labAlbCommand],
})
