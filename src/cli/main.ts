#!/usr/bin/env node
// Workers take as long to start as all that the command loads, so they come first.
import { startWorkersFor } from '../engine/ready-workers.ts'
import { withDefaultCommand } from './commands.ts'

const words = withDefaultCommand(process.argv.slice(2))
if (words[0] === 'diagnose') startWorkersFor(words)
void import('./program.ts')
