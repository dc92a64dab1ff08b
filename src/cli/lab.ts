import { defineCommand } from './command.ts'

export default defineCommand({
  options: [],
  examples: [
    'why5xx lab list',
    'why5xx lab run missing-502',
    'why5xx lab alb --listen 127.0.0.1:8080 --target 127.0.0.1:8000 --log-dir ./logs',
  ],
  subcommands: [
    {
      name: 'list',
      summary: 'the scenarios: their story, what they prove, which timers are scaled, which fixes they know',
      load: () => import('./lab-list.ts'),
    },
    {
      name: 'run',
      args: '[scenario...]',
      summary: 'reproduce incidents, diagnose the logs they leave, and compare with what really happened',
      load: () => import('./lab-run.ts'),
    },
    {
      name: 'record',
      args: '<scenario> <dir>',
      summary: 'run a scenario and keep it as an incident folder: logs, witnesses, manifests, truth',
      load: () => import('./lab-record.ts'),
    },
    {
      name: 'setup',
      summary: 'install the pinned Python servers of lab/requirements.txt into .lab-venv (uses the network)',
      load: () => import('./lab-setup.ts'),
    },
    {
      name: 'alb',
      summary: "a stand-in for an AWS Application Load Balancer in front of any local app, with the ALB's access log",
      load: () => import('./lab-alb.ts'),
    },
  ],
})
