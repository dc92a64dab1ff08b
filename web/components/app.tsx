import { head, notice } from '../model/state.ts'
import { Books, Missing, Settings } from './books.tsx'
import { Failures } from './failures.tsx'
import { FilterBar } from './filter-bar.tsx'
import { Findings } from './findings.tsx'
import { Headline } from './headline.tsx'
import { HopMap } from './hop-map.tsx'
import { Progress } from './progress.tsx'
import { RowDrawer } from './row-drawer.tsx'
import { Shares } from './shares.tsx'
import { TimeSection } from './time-section.tsx'
import { TopBar } from './top-bar.tsx'

export function App() {
  if (!head.value) return <Progress />
  return (
    <>
      <a class="skip" href="#findings">
        To the findings
      </a>
      <TopBar />
      <main>
        <Headline />
        <FilterBar />
        <HopMap />
        <TimeSection />
        <Findings />
        <Failures />
        <Shares />
        <Settings />
        <Missing />
        <Books />
      </main>
      <footer class="foot">
        why5xx {head.value.tool.version}, {head.value.tool.generatedAt.slice(0, 19).replace('T', ' ')} UTC. Times are
        UTC. Log text is shown as it was logged; characters that act or hide are named, like{' '}
        <span class="named">U+202E</span>.
      </footer>
      <RowDrawer />
      <p class="notice" role="status" aria-live="polite">
        {notice.value}
      </p>
    </>
  )
}
