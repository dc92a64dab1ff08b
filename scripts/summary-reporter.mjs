// Vitest reporter: writes { passed, failed, skipped } of one run to the file named by WHY5XX_TEST_SUMMARY.
import { writeFileSync } from 'node:fs'

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      let tests = 0
      for (const test of module.children.allTests()) {
        tests++
        const state = test.result().state
        if (state === 'pending') counts.failed++
        else counts[state]++
      }
      // A file that failed before its first test has no test to blame.
      if (!module.ok() && (tests === 0 || module.errors().length > 0)) counts.failed++
    }
    if (process.env.WHY5XX_TEST_SUMMARY) writeFileSync(process.env.WHY5XX_TEST_SUMMARY, JSON.stringify(counts))
  }
}
